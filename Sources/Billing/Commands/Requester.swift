package import EventStore
package import Foundation
package import Sealing

/// On whose behalf a command comes, as the events record it.
package struct Requester: Sendable {
    package let actor: ActorHandle?
    /// Of a person: under which what is about them is sealed.
    package let key: SubjectKey?
    /// The request's identifier, which also stands in the logs and in the answer.
    package let request: UUID?

    package init(actor: ActorHandle?, request: UUID?) {
        self.actor = actor
        self.request = request
        key = nil
    }

    /// A person of a tenant.
    package init(_ key: SubjectKey, request: UUID?) {
        actor = key.handle
        self.key = key
        self.request = request
    }
}
