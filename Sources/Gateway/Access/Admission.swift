import Billing
import Edge
import EventStore
import Foundation
import HTTPTypes
import Hummingbird

/// What every route of the interface begins with: who is it, and may they now.
struct Admission: Sendable {
    let authenticator: Authenticator
    let limiter: TenantRateLimiter

    /// The caller, and the rate-limit fields for the answer. Users are counted by tenant, applications by themselves.
    func admit(_ request: Request, _ context: GatewayContext) async throws -> Admitted {
        let caller = try await authenticator.caller(of: request, logger: context.logger)
        let counted = switch caller {
        case .user(let tenant, _, _, _): tenant.rawValue.uuidString
        case .application(let actor, _): actor.rawValue.uuidString
        }
        return Admitted(
            caller: caller, limits: try limiter.admit(tenant: counted), request: UUID(uuidString: context.requestID))
    }
}

struct Admitted: Sendable {
    let caller: Caller
    let limits: HTTPFields
    let request: UUID?

    func requester(_ actor: ActorHandle) -> Requester {
        Requester(actor: actor, request: request)
    }

    /// An answer in JSON with the rate-limit fields.
    func json(
        _ status: HTTPResponse.Status, _ body: [UInt8], headers additional: HTTPFields = [:]
    ) -> Response {
        var headers = limits
        headers.append(contentsOf: additional)
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// The answer to a command: as it was stored, and marked if it is that of an earlier request.
    func json(_ accepted: Accepted, new: HTTPResponse.Status, replayed: HTTPResponse.Status) -> Response {
        accepted.isReplay
            ? json(replayed, accepted.response, headers: [.idempotencyReplayed: "true"])
            : json(new, accepted.response)
    }
}

extension HTTPField.Name {
    static let idempotencyReplayed = HTTPField.Name("Idempotency-Replayed")!
}
