import Billing
package import EventStore
import Foundation
package import Postgres

/// What people asked of their data, and what came of it: a row for each of these events. A row never changes, so that
/// it goes when its event does, and nothing else with it.
package struct PrivacyRequestsProjection: Projection {
    package let name = "privacy_requests"
    package let retention = RetentionClass.access
    package let digestedColumns =
        """
        tenant_id, position, extract(epoch FROM recorded_at), request_id, subject, step, kind, channel,
        extract(epoch FROM received_at), extract(epoch FROM due), reason
        """
    package let rowKey = "''"

    package init() {}

    private struct Entry {
        let event: RecordedEvent
        let subject: UUID
        let id: UUID
        let step: String
        var request: PrivacyRequest?
        var reason: PrivacyClosing.Reason?
    }

    package func apply(
        _ events: [DecodedEvent], to generation: Generation, on connection: isolated PostgresConnection
    ) throws {
        let entries = try events.compactMap(Self.entry)
        guard !entries.isEmpty else { return }
        _ = try connection.run(
            Self.insert,
            [
                .int4(generation.log.rawValue), .int4(generation.number),
                .uuidArray(entries.map(\.event.stream.tenant.rawValue)),
                .int8Array(entries.map(\.event.position.rawValue)),
                .timestamptzArray(microsecondsSinceUnixEpoch: entries.map(\.event.recordedAt.microseconds)),
                .uuidArray(entries.map(\.id)), .uuidArray(entries.map(\.subject)), .textArray(entries.map(\.step)),
                .nullableTextArray(entries.map { $0.request?.kind.rawValue }),
                .nullableTextArray(entries.map { $0.request?.channel.rawValue }),
                .nullableTextArray(entries.map { $0.request?.receivedAt.text }),
                .nullableTextArray(entries.map { $0.request?.due.text }),
                .nullableTextArray(entries.map { $0.reason?.rawValue }),
            ])
    }

    private static func entry(_ event: DecodedEvent) throws(ProjectionError) -> Entry? {
        guard case .privacy(let privacy) = event.payload else { return nil }
        let name = event.recorded.stream.stream.name
        guard let subject = UUID(text: name.dropFirst("privacy-".count)) else {
            throw .refused("the stream \(name) is not a person's")
        }
        func entry(_ id: UUID, _ step: String) -> Entry {
            Entry(event: event.recorded, subject: subject, id: id, step: step)
        }
        switch privacy {
        case .requested(let request):
            var entry = entry(request.id, "requested")
            entry.request = request
            return entry
        case .fulfilled(let id): return entry(id, "fulfilled")
        case .refused(let id, let reason):
            var entry = entry(id, "refused")
            entry.reason = reason
            return entry
        case .restricted, .restrictionLifted: return nil
        }
    }

    private static let insert = Statement(
        """
        INSERT INTO zentriq.privacy_requests (log_id, generation, tenant_id, position, recorded_at, request_id, subject,
            step, kind, channel, received_at, due, reason)
        SELECT $1, $2, tenant_id, position, recorded_at, request_id, subject, step, kind, channel,
            received_at::timestamptz, due::timestamptz, reason
        FROM unnest($3::uuid[], $4::bigint[], $5::timestamptz[], $6::uuid[], $7::uuid[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[], $13::text[])
            AS e (tenant_id, position, recorded_at, request_id, subject, step, kind, channel, received_at, due, reason)
        """)
}
