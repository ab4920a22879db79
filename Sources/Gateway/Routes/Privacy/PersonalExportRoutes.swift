import AuditLog
import Billing
import Edge
import EventStore
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Fetches what a person has asked for: everything about them, made while it is sent.
struct PersonalExportRoutes {
    let admission: Admission
    let privacy: PrivacyLedger
    let subjects: SubjectDirectory
    let vault: TokenVault
    /// With the gateway's role, on connections that no command waits for.
    let reader: LogReader
    let slots: ExportSlots
    let clock: WallClock

    func add(to router: Router<GatewayContext>) {
        router.get("v1/exports/{request}", use: fetch)
    }

    @Sendable func fetch(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            let subject = try admitted.caller.person()
            let text = try PathIdentifier.uuid("request", in: context)
            var query = QueryReader(request)
            let form: PersonalExport.Form =
                query.optionalEnumeration("format") ?? (request.headers.wantLines ? .ndjson : .json)
            let hasReceipts = query.optionalBoolean("receipts") ?? false
            try query.finish()
            let entry = try await entry(UUID(text: text), of: subject)
            let slot = try slots.take()
            let export = PersonalExport(
                of: subject, asked: entry,
                person: try await subjects.person(behind: subject.handle, in: subject.tenant),
                tokens: try await vault.stored(of: subject), reader: reader,
                hasReceipts: hasReceipts, head: try await reader.head())
            return answer(export, form, of: entry, subject, in: slot, for: admitted)
        }
    }

    /// A request for access of just this person; of all others, nothing is told.
    private func entry(_ id: UUID?, of subject: DataSubject) async throws -> PrivacyRecord.Entry {
        guard let id, let entry = try await privacy.record(of: subject).record.entries[id],
            entry.request.kind == .access
        else { throw ProblemDetails(.notFound, detail: "You have no such export.") }
        guard clock.now() < entry.recordedAt.adding(seconds: PrivacyRequest.exportSeconds) else {
            throw ProblemDetails(.exportExpired, detail: "It could be fetched for seven days. Ask for another one.")
        }
        return entry
    }

    private func answer(
        _ export: PersonalExport, _ form: PersonalExport.Form, of entry: PrivacyRecord.Entry, _ subject: DataSubject,
        in slot: ExportSlots.Slot, for admitted: Admitted
    ) -> Response {
        let body = ResponseBody { writer in
            defer { slot.giveBack() }
            do {
                try await export.run(form) { try await writer.write(ByteBuffer(bytes: $0)) }
                await fulfil(entry, of: subject, for: admitted)
                try await writer.finish(nil)
            } catch {
                // The status is out. Without its end and its manifest nobody can take the export for whole.
                admitted.logger.notice(
                    "an export was cut off", metadata: ["error_type": .string(String(reflecting: type(of: error)))])
                throw error
            }
        }
        let mediaType = form == .json ? "application/json" : AuditExport.mediaType
        return Response(status: .ok, headers: [.contentType: mediaType], body: body)
    }

    /// The person has it all. If that can't be recorded, the request stays open, and somebody looks at it.
    private func fulfil(_ entry: PrivacyRecord.Entry, of subject: DataSubject, for admitted: Admitted) async {
        guard entry.closing == nil else { return }
        do {
            _ = try await privacy.close(
                entry.request.id, as: .fulfilled, of: subject, by: admitted.requester(subject.handle))
        } catch PrivacyError.closedOtherwise {
            // By staff, meanwhile.
        } catch {
            admitted.logger.error(
                "that an export was fetched could not be recorded", metadata: ["error": "\(error)"])
        }
    }
}
