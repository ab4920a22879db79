import CanonicalJSON
import Edge
import Foundation
import HTTPTypes
import Testing

/// A route that asks who is there, and a request to it that succeeds.
enum Endpoint: String, CaseIterable, CustomTestStringConvertible {
    case check, capture, hold, void, refund, grant, balance, statement, captures, receipt, audit, accesses
    case restrict, unrestrict, object, unobject, export, fetch, eraseMe
    case subjects, requests, record, fulfil, close, limit, schedule, eraseTenant, erasure

    /// Those with a body.
    static let commands: [Endpoint] = [
        .check, .capture, .hold, .void, .refund, .grant, .restrict, .object, .export, .record, .fulfil, .close, .limit,
    ]
    /// Of an account.
    static let reads: [Endpoint] = [.balance, .statement, .captures]
    /// Those that need an idempotency key.
    static let keyed: [Endpoint] = [.hold, .void, .refund, .grant, .export, .record]
    /// For anybody, about themselves.
    static let personal: [Endpoint] = [.restrict, .unrestrict, .object, .unobject, .export, .fetch, .eraseMe]
    /// For those who answer for people's data.
    static let desk: [Endpoint] = [
        .subjects, .requests, .record, .fulfil, .close, .limit, .schedule, .eraseTenant, .erasure,
    ]

    struct Call {
        let method: HTTPRequest.Method
        let path: String
        /// Nil for reads.
        let body: JSONObject?
        /// Of success.
        let status: Int
    }

    var testDescription: String { operationID }

    var operationID: String {
        switch self {
        case .check: "checkCredits"
        case .capture: "recordCapture"
        case .hold: "placeHold"
        case .void: "voidHold"
        case .refund: "refundDebit"
        case .grant: "grantCredits"
        case .balance: "readBalance"
        case .statement: "listMovements"
        case .captures: "listCaptures"
        case .receipt: "readReceipt"
        case .audit: "listEvents"
        case .accesses: "listAccesses"
        case .restrict: "imposeRestriction"
        case .unrestrict: "liftRestriction"
        case .object: "imposeObjection"
        case .unobject: "liftObjection"
        case .export: "requestExport"
        case .fetch: "fetchExport"
        case .eraseMe: "eraseMe"
        case .subjects: "findSubject"
        case .requests: "listPrivacyRequests"
        case .record: "recordPrivacyRequest"
        case .fulfil: "closeFulfilled"
        case .close: "closeRefused"
        case .limit: "changeLimit"
        case .schedule: "getRetentionSchedule"
        case .eraseTenant: "eraseTenant"
        case .erasure: "getErasure"
        }
    }

    /// A fresh request about a customer's account, which must have some credits.
    func call(for customer: Customer, at gateway: TestGateway) async throws -> Call {
        let product: JSONValue = .string("punchout")
        switch self {
        case .check:
            return Call(method: .post, path: "/v1/credits/check", body: ["product": product], status: 200)
        case .capture:
            return Call(method: .post, path: "/v1/captures", body: gateway.capture(), status: 201)
        case .hold:
            let body: JSONObject = ["product": product, "ttl_seconds": .integer(60), "units": .integer(1)]
            return Call(method: .post, path: "/v1/holds", body: body, status: 201)
        case .void:
            let hold = try await gateway.held(customer)
            return Call(method: .post, path: "/v1/holds/\(hold)/void", body: [:], status: 200)
        case .refund:
            let capture = try await gateway.debited(customer)
            let body: JSONObject = ["tenant_id": .string(customer.id)]
            return Call(method: .post, path: "/v1/debits/\(capture)/refund", body: body, status: 201)
        case .grant:
            return Call(method: .post, path: "/v1/grants", body: TestGateway.grant(to: customer, units: 1), status: 201)
        case .balance: return read("credits/balance")
        case .statement: return read("credits/statement")
        case .captures: return read("captures")
        case .accesses: return Call(method: .get, path: "/v1/audit/accesses?limit=5", body: nil, status: 200)
        case .audit: return Call(method: .get, path: "/v1/audit/events?limit=5", body: nil, status: 200)
        case .receipt:
            let checked = try await gateway.post("/v1/credits/check", ["product": product], token: customer.token)
            let position = try #require(checked["position"])
            return Call(method: .get, path: "/v1/receipts/\(position)", body: nil, status: 200)
        case .restrict, .object:
            let path = "/v1/me/\(self == .object ? "objection" : "restriction")"
            _ = try await gateway.send(.delete, path, token: customer.token)
            return Call(method: .post, path: path, body: [:], status: 200)
        case .unrestrict, .unobject:
            let path = "/v1/me/\(self == .unobject ? "objection" : "restriction")"
            _ = try await gateway.post(path, nil, token: customer.token)
            return Call(method: .delete, path: path, body: nil, status: 200)
        case .fetch:
            let asked = try await gateway.post("/v1/me/export", nil, token: customer.token)
            return Call(
                method: .get, path: "/v1/exports/\(try #require(asked["request"]))", body: nil, status: 200)
        case .eraseMe: return Call(method: .delete, path: "/v1/me", body: nil, status: 202)
        case .export: return Call(method: .post, path: "/v1/me/export", body: [:], status: 202)
        case .subjects:
            let object = customer.subject.uuidString.lowercased()
            let path = "/v1/privacy/subjects?tenant_id=\(customer.id)&object_id=\(object)"
            return Call(method: .get, path: path, body: nil, status: 200)
        case .requests: return Call(method: .get, path: "/v1/privacy/requests?limit=5", body: nil, status: 200)
        case .record:
            let body = try await gateway.privacyRequest(of: customer)
            return Call(method: .post, path: "/v1/privacy/requests", body: body, status: 201)
        case .fulfil, .close:
            let request = try await gateway.recorded(customer)
            var body = try await gateway.reference(to: customer)
            if self == .close { body["reason"] = .string("excessive") }
            let path = "/v1/privacy/requests/\(request)/\(self == .close ? "refused" : "fulfilled")"
            return Call(method: .post, path: path, body: body, status: 200)
        case .limit:
            var body = try await gateway.reference(to: customer)
            body["ground"] = .string("objection")
            body["action"] = .string("lift")
            _ = try await gateway.post("/v1/privacy/restrictions", body, token: gateway.identity.application("privacy"))
            body["action"] = .string("impose")
            return Call(method: .post, path: "/v1/privacy/restrictions", body: body, status: 200)
        case .schedule: return Call(method: .get, path: "/v1/retention/schedule", body: nil, status: 200)
        case .eraseTenant: return Call(method: .delete, path: "/v1/tenants/\(customer.id)", body: nil, status: 202)
        case .erasure:
            let request = try #require(try await gateway.eraseMe(customer.token)["request"])
            return Call(method: .get, path: "/v1/erasures/\(request)", body: nil, status: 200)
        }
    }

    private func read(_ path: String) -> Call {
        Call(method: .get, path: "/v1/\(path)?product=punchout", body: nil, status: 200)
    }

    /// Of somebody who may make the call.
    func token(for customer: Customer, at gateway: TestGateway) async throws -> String {
        switch self {
        case .refund, .grant: try await gateway.identity.application("billing")
        case .audit, .accesses: try await gateway.auditToken(of: customer)
        case _ where Self.desk.contains(self): try await gateway.identity.application("privacy")
        default: customer.token
        }
    }
}

extension TestGateway {
    func send(_ call: Endpoint.Call, token: String?) async throws -> Answer {
        switch call.method {
        case .post: try await post(call.path, call.body, token: token)
        case .delete:
            try await send(call.method, call.path, token: token, headers: [.idempotencyKey: UUID().uuidString])
        default: try await send(call.method, call.path, token: token)
        }
    }
}
