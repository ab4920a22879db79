import CreditDomain
package import EventStore
package import Foundation
import Retention

/// Appends what is recorded of the staff, and reads it.
///
/// Decided on the fold of a stream as it was read, and appended only if the stream is still the same.
package struct StaffLedger: Sendable {
    package let writer: CreditLedger.Writer
    package let reader: LogReader

    package init(writer: CreditLedger.Writer, reader: LogReader) {
        self.writer = writer
        self.reader = reader
    }

    /// Nil if there is no such access.
    package func access(_ id: UUID) async throws -> AccessRecord? {
        let events = try await reader.stream(StreamKey(.system, Streams.staffAccess(id)), of: .access)
        return AccessRecord(id, try events.map { (try Self.staffEvent($0), $0) })
    }

    package func rosterVersion() async throws -> StreamVersion {
        try await reader.stream(
            StreamKey(.system, Streams.staffRoster), of: .access, direction: .backward, limit: 1
        ).first?.version ?? .none
    }

    /// Appends all of these events, in one stream and next to each other.
    ///
    /// - Parameters:
    ///   - version: of the stream that they were decided on; nil for events that rest on nothing.
    ///   - member: who caused them; nil for the service itself, and for whoever has its keys.
    /// - Returns: the position of the first one.
    /// - Throws: ``StaffError/overtaken``.
    @discardableResult
    package func append(
        _ events: [StaffEvent], to stream: StreamID, after version: StreamVersion?, by member: UUID?
    ) async throws -> LogPosition {
        let accepted = try await writer.submit(
            Command(
                tenant: .system, actor: member.map(ActorHandle.init), request: nil, streams: [stream]
            ) { draft in
                guard version == nil || draft.version(of: stream) == version else { throw StaffError.overtaken }
                for event in events { draft.append(event.newEvent, to: stream) }
                return Array("{}".utf8)
            })
        guard let position = accepted.position else { throw LogError.corrupt("an append has no position") }
        return position
    }

    package static func staffEvent(_ event: RecordedEvent) throws -> StaffEvent {
        guard case .staff(let staff) = try DomainEvent(event) else {
            throw LogError.corrupt("position \(event.position.rawValue) is no event of staff")
        }
        return staff
    }
}
