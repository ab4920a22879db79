package import EventStore
package import Foundation

/// On whose behalf a command comes, as the events record it.
package struct Requester: Sendable {
    package let actor: ActorHandle?
    /// The request's identifier, which also stands in the logs and in the answer.
    package let request: UUID?

    package init(actor: ActorHandle?, request: UUID?) {
        self.actor = actor
        self.request = request
    }
}
