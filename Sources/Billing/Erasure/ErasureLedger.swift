import CanonicalJSON
import CreditDomain
package import EventStore
package import Foundation
import Retention

/// Records erasures, and reads how far they are.
package struct ErasureLedger: Sendable {
    package let writer: CreditLedger.Writer
    package let reader: LogReader

    package init(writer: CreditLedger.Writer, reader: LogReader) {
        self.writer = writer
        self.reader = reader
    }

    /// Begins an erasure, once for each person; for a tenant, once for each key.
    ///
    /// - Throws: ``PrivacyError/unknownTenant`` if nothing was ever recorded of it: most likely a mistyped identifier; and for the
    ///   tenant of the system itself, of whom nothing is anybody's to ask for.
    package func begin(
        _ tenant: TenantID, _ subject: ActorHandle?, stores: [String], idempotencyKey: String, by requester: Requester
    ) async throws -> Accepted {
        guard tenant != .system, try await reader.knows(tenant) else { throw PrivacyError.unknownTenant }
        let id = UUID()
        return try await begin(id, tenant, subject, idempotencyKey: idempotencyKey, by: requester) { now in
            ErasureBegun(
                request: id, tenant: tenant, subject: subject, stores: stores,
                due: RequestDeadline.due(receivedAt: now))
        }
    }

    /// Begins an erasure again that was lost with the database, under its own identifier, so that whoever is called back
    /// knows it. Nothing is appended if the log has it.
    package func begin(again begun: ErasureBegun, lostAt position: LogPosition) async throws {
        guard try await erasure(begun.request) == nil else { return }
        _ = try await begin(
            begun.request, begun.tenant, begun.subject, idempotencyKey: "restored \(begun.request.lowercaseText)",
            by: Requester(actor: nil, request: nil)
        ) { _ in begun.lost(at: position) }
    }

    private func begin(
        _ id: UUID, _ tenant: TenantID, _ subject: ActorHandle?, idempotencyKey: String, by requester: Requester,
        _ begun: @escaping @Sendable (_ now: EventTime) -> ErasureBegun
    ) async throws -> Accepted {
        let handle = subject?.rawValue.lowercaseText ?? ""
        let stream = Streams.erasure(id)
        let key = Self.key(tenant, subject, idempotencyKey)
        return try await writer.submit(
            Command(
                tenant: .system, actor: requester.actor, request: requester.request,
                key: CommandKeys.key(
                    .erasure, key,
                    fingerprint: CommandKeys.fingerprint("erasure", tenant.rawValue.lowercaseText, handle)),
                streams: [stream]
            ) { draft in
                begun(draft.now).answer(
                    position: draft.append(ErasureEvent.begun(begun(draft.now)).newEvent, to: stream))
            })
    }

    /// Whether the person was ever registered; that stays so when they are erased. A handle may be mistyped, and an erasure of
    /// nobody could never be complete.
    package func knows(_ person: DataSubject) async throws -> Bool {
        let stream = StreamKey(person.tenant, Streams.subject(person.handle))
        return try await reader.head(of: stream, as: AccountState.self) != nil
    }

    /// A person is erased once, whatever key it was asked for with.
    private static func key(_ tenant: TenantID, _ subject: ActorHandle?, _ idempotencyKey: String) -> String {
        let handle = subject?.rawValue.lowercaseText ?? ""
        return "\(tenant.rawValue.lowercaseText) \(handle) \(subject == nil ? idempotencyKey : "")"
    }

    /// The erasure of a person; nil if none has begun.
    package func erasure(of person: DataSubject) async throws -> RecordedErasure? {
        let key = OutcomeKey(.system, CommandKeys.hash(.erasure, Self.key(person.tenant, person.handle, "")))
        guard let outcome = try await reader.outcome(of: key) else { return nil }
        guard let request = try JSONParser.parse(outcome.response).objectValue?["request"]?.stringValue,
            let id = UUID(text: request)
        else { throw LogError.corrupt("the answer to an erasure names no request") }
        return try await erasure(id)
    }

    /// What was recorded of an erasure, and where it began. Nil if there is no such erasure.
    package func erasure(_ request: UUID) async throws -> RecordedErasure? {
        let events = try await reader.stream(StreamKey(.system, Streams.erasure(request)), of: .system)
        guard let first = events.first, let last = events.last,
            case .erasure(.begun(let begun)) = try DomainEvent(first)
        else { return nil }
        let process = try ErasureProcess(
            events.map { event in
                guard case .erasure(let erasure) = try DomainEvent(event) else {
                    throw LogError.corrupt("the erasure \(request) holds something else")
                }
                return erasure
            })
        return RecordedErasure(
            begun: begun, position: first.position, recordedAt: first.recordedAt, process: process,
            version: last.version, newest: last.position)
    }

    /// Records what came next.
    ///
    /// - Returns: false if somebody else has recorded something meanwhile.
    package func record(_ events: [ErasureEvent], of erasure: RecordedErasure) async throws -> Bool {
        let stream = Streams.erasure(erasure.begun.request)
        do {
            _ = try await writer.submit(
                Command(tenant: .system, actor: nil, request: nil, streams: [stream]) { draft in
                    guard draft.version(of: stream) == erasure.version else { throw PrivacyError.overtaken }
                    for event in events { draft.append(event.newEvent, to: stream) }
                    return Array("{}".utf8)
                })
            return true
        } catch PrivacyError.overtaken {
            return false
        }
    }

    /// Fills the newest bundle of entries with events that say nothing, so that its entries are kept: what is to go from
    /// a log at rest would wait for it for ever.
    package func fillBundle(of width: Int64 = 256) async throws {
        let missing = (width - (try await reader.head().nextPosition.rawValue) % width) % width
        guard missing > 0 else { return }
        _ = try await writer.submit(
            Command(tenant: .system, actor: nil, request: nil, streams: [Streams.padding]) { draft in
                for _ in 0..<missing {
                    draft.append(NewEvent(EventCatalog.padded, data: Array("{}".utf8)), to: Streams.padding)
                }
                return Array("{}".utf8)
            })
    }
}

/// An erasure as it stands in the log.
package struct RecordedErasure: Sendable {
    package let begun: ErasureBegun
    /// Of its first event.
    package let position: LogPosition
    package let recordedAt: EventTime
    package let process: ErasureProcess
    /// Of its stream.
    package let version: StreamVersion
    /// Of its newest event.
    package let newest: LogPosition
}
