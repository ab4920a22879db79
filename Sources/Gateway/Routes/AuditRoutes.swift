import AuditLog
import Billing
import CanonicalJSON
import Edge
import EventStore
import HTTPTypes
import Hummingbird
import Logging

/// The events of the log themselves: in pages, or all that match as a stream of lines. For auditors, of all tenants; for
/// users with the scope for it, of their own. Every read is an event of its own, appended before anything is given out.
struct AuditRoutes {
    let admission: Admission
    let ledger: CreditLedger
    /// With the auditor's role.
    let audit: AuditReader
    /// With the gateway's role: row-level security lets one tenant through at a time.
    let tenantAudit: AuditReader
    let auditorExports: ExportSlots
    let tenantExports: ExportSlots

    func add(to router: Router<GatewayContext>) {
        router.get("v1/audit/events", use: events)
    }

    @Sendable func events(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            let asked = try AuditEventsQuery(request, admitted.caller)
            let (reader, exports) =
                switch asked.reach {
                case .own: (tenantAudit, tenantExports)
                case .all: (audit, auditorExports)
                }
            switch asked.form {
            case .json: return try await page(of: asked, from: reader, for: admitted)
            case .ndjson:
                return try await export(
                    asked, from: reader, in: exports.take(), for: admitted, logger: context.logger)
            }
        }
    }

    private func page(
        of asked: AuditEventsQuery, from reader: AuditReader, for admitted: Admitted
    ) async throws -> Response {
        let head = try await reader.head()
        if let cursor = asked.cursor, !reader.accepts(cursor, for: asked.query, upTo: head.nextPosition) {
            throw ProblemDetails(
                .validation,
                errors: [ProblemDetails.FieldError(pointer: "?cursor", detail: "is not a cursor of this query")])
        }
        let positions = try await reader.positions(of: asked.query, upTo: asked.cursor?.end ?? head.nextPosition)
        let page = try await reader.page(of: asked.query, in: positions, from: asked.cursor, limit: asked.limit)
        try await record(asked, .page, page.positions, for: admitted)
        return admitted.json(.ok, Self.encode(page, origin: reader.origin))
    }

    private func export(
        _ asked: AuditEventsQuery, from reader: AuditReader, in slot: ExportSlots.Slot, for admitted: Admitted,
        logger: Logger
    ) async throws -> Response {
        let head = try await reader.head()
        let positions = try await reader.positions(of: asked.query, upTo: head.nextPosition)
        try await record(asked, .export, positions, for: admitted)
        let export = AuditExport(reader: reader, query: asked.query, positions: positions, head: head)
        let body = ResponseBody { writer in
            defer { slot.giveBack() }
            do {
                try await export.run { try await writer.write(ByteBuffer(bytes: $0)) }
                try await writer.finish(nil)
            } catch {
                // The status is out. Without its end and its manifest nobody can take the export for whole.
                logger.notice(
                    "an export was cut off", metadata: ["error_type": .string(String(reflecting: type(of: error)))])
                throw error
            }
        }
        return Response(status: .ok, headers: [.contentType: AuditExport.mediaType], body: body)
    }

    private func record(
        _ asked: AuditEventsQuery, _ kind: AuditRead.Kind, _ positions: Range<LogPosition>, for admitted: Admitted
    ) async throws {
        try await ledger.record(
            AuditRead(route: .events, kind: kind, filters: asked.filters, positions: positions), of: asked.recordedIn,
            by: admitted.requester(asked.actor))
    }

    private static func encode(_ page: AuditReader.Page, origin: String) -> [UInt8] {
        var json = CanonicalWriter(reserving: 64 + 768 * page.events.count)
        json.beginObject()
        json.key("items")
        json.beginArray()
        for event in page.events { CloudEvent(event, origin: origin).write(to: &json) }
        json.endArray()
        json.key("next_cursor")
        if let next = page.next { json.string(next.text) } else { json.null() }
        json.endObject()
        return json.bytes
    }
}
