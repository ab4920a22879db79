package import EventStore
package import Foundation

/// What one person has asked for so far, and what came of it: the fold of their stream.
package struct PrivacyRecord: Sendable {
    /// Requests of a person that may be open at a time; as many again for erasure, which nothing else may stand in the
    /// way of.
    package static let maximumOpen = 50

    package struct Entry: Sendable {
        package let request: PrivacyRequest
        /// Of the event that recorded it.
        package let position: LogPosition
        package let recordedAt: EventTime
        package fileprivate(set) var closing: PrivacyClosing?
    }

    package private(set) var entries: [UUID: Entry] = [:]

    package init() {}

    package var openCount: Int { openCount(forErasure: false) + openCount(forErasure: true) }

    package func openCount(forErasure: Bool) -> Int {
        entries.values.count { $0.closing == nil && ($0.request.kind == .erasure) == forErasure }
    }

    /// What ended a request that is not there, because its events were swept before, is left out.
    package mutating func evolve(_ event: PrivacyEvent, at position: LogPosition, recordedAt: EventTime) {
        switch event {
        case .requested(let request):
            entries[request.id] = Entry(request: request, position: position, recordedAt: recordedAt)
        case .fulfilled(let request): entries[request]?.closing = .fulfilled
        case .refused(let request, let reason): entries[request]?.closing = .refused(reason)
        case .restricted, .restrictionLifted: break
        }
    }

    /// The event that ends a request. Nil if it has ended in just that way.
    package func close(_ id: UUID, as closing: PrivacyClosing) throws(PrivacyError) -> PrivacyEvent? {
        guard let entry = entries[id] else { throw .unknownRequest }
        switch entry.closing {
        case nil: return PrivacyEvent(closing: id, as: closing)
        case closing: return nil
        default: throw .closedOtherwise
        }
    }
}
