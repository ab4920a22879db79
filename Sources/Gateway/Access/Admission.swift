import Billing
import Edge
import EventStore
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Sealing

/// What every route of the interface begins with: who is it, and may they now.
struct Admission: Sendable {
    let authenticator: Authenticator
    let limiter: TenantRateLimiter
    let receipts: Receipts

    /// Runs `work` for the caller. What goes wrong comes out as problem details; from the count on, every answer
    /// carries the rate-limit fields.
    func serve(
        _ request: Request, _ context: GatewayContext, _ work: (Admitted) async throws -> Response
    ) async throws -> Response {
        let principal = try await authenticator.principal(of: request, logger: context.logger)
        let limits = try limiter.admit(tenant: principal.counted.uuidString)
        do {
            let caller = try await authenticator.caller(principal)
            var response = try await work(
                Admitted(caller: caller, request: UUID(text: context.requestID), logger: context.logger))
            response.headers.append(contentsOf: limits)
            return response
        } catch {
            var problem = ProblemDetails(domain: error)
            problem.headers.append(contentsOf: limits)
            throw problem
        }
    }

    /// Like `serve`, for what changes something: all of it stands in the path and the body, so that a query is as
    /// wrong as an undeclared field. It may only ask for a receipt.
    func command(
        _ request: Request, _ context: GatewayContext, _ work: (Admitted) async throws -> Response
    ) async throws -> Response {
        try await serve(request, context) { admitted in
            var query = QueryReader(request)
            let preference = ReceiptPreference(request, &query)
            try query.finish()
            var admitted = admitted
            if preference.isWanted { admitted.receipts = receipts }
            return try await work(admitted)
        }
    }
}

struct Admitted: Sendable {
    let caller: Caller
    let request: UUID?
    let logger: Logger
    /// Where the receipt comes from, if the client prefers to have it with the answer.
    var receipts: Receipts?

    func requester(_ actor: ActorHandle) -> Requester {
        Requester(actor: actor, request: request)
    }

    func requester(_ person: SubjectKey) -> Requester {
        Requester(person, request: request)
    }

    /// An answer in JSON.
    func json(_ status: HTTPResponse.Status, _ body: [UInt8], headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension HTTPField.Name {
    static let idempotencyReplayed = HTTPField.Name("Idempotency-Replayed")!
}
