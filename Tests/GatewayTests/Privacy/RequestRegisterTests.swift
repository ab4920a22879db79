import CanonicalJSON
import EventStore
import Foundation
import HTTPTypes
import Testing

extension GatewayTests {
    /// What people asked of their data, and when it is due (GDPR-02).
    @Suite("The register of requests", .gateway)
    struct RequestRegisterTests {
        private let gateway: TestGateway
        private static let day: Int64 = 86_400

        init() throws {
            gateway = try TestGateway.shared
        }

        private func list(_ query: String) async throws -> Answer {
            try await gateway.projectionsCaughtUp()
            return try await gateway.get(
                "/v1/privacy/requests?\(query)", token: gateway.identity.application("privacy"))
        }

        private func close(_ request: String, of customer: Customer, as end: String, reason: String? = nil) async throws
            -> Answer
        {
            var body = try await gateway.reference(to: customer)
            if let reason { body["reason"] = .string(reason) }
            return try await gateway.post(
                "/v1/privacy/requests/\(request)/\(end)", body, token: gateway.identity.application("privacy"))
        }

        @Test("GDPR-02: a request is open, then overdue, then answered")
        func life() async throws {
            let customer = try await gateway.customer()
            let open = try await gateway.recorded(customer, kind: "erasure")
            let late = try await gateway.recorded(customer, kind: "rectification", ago: 31 * Self.day)
            let tenant = "tenant_id=\(customer.id)"
            let both = try await list(tenant)
            #expect(both.items.map { $0["request"] } == [.string(late), .string(open)])
            #expect(both.items.map { $0["state"] } == [.string("overdue"), .string("open")])
            #expect(both.items.allSatisfy { $0["tenant_id"] == .string(customer.id) })
            #expect(try await list(tenant + "&state=overdue").items.map { $0["request"] } == [.string(late)])
            #expect(try await list(tenant + "&state=open").items.count == 2)

            #expect(try await close(late, of: customer, as: "fulfilled").status == 200)
            #expect(try await close(open, of: customer, as: "refused", reason: "legal_obligation").status == 200)
            let ended = try await list(tenant).items
            #expect(ended.map { $0["state"] } == [.string("fulfilled"), .string("refused")])
            #expect(ended.last?["reason"] == .string("legal_obligation"))
            #expect(ended.allSatisfy { $0["closed_at"] != nil })
            for state in ["open", "overdue"] { #expect(try await list("\(tenant)&state=\(state)").items.isEmpty) }
        }

        @Test("what a person asks for at the interface is in it, answered at once where it is")
        func interface() async throws {
            let customer = try await gateway.customer()
            _ = try await gateway.post("/v1/me/restriction", nil, token: customer.token)
            _ = try await gateway.post("/v1/me/export", nil, token: customer.token)
            let items = try await list("tenant_id=\(customer.id)").items
            #expect(items.map { $0["kind"] } == [.string("access"), .string("restriction")])
            #expect(items.map { $0["state"] } == [.string("open"), .string("fulfilled")])
            #expect(items.allSatisfy { $0["channel"] == .string("interface") })
            let handle = try await gateway.handle(of: customer)
            #expect(items.allSatisfy { $0["subject"] == .string(handle) })
        }

        @Test("pages show everything once, and a cursor is one of this service")
        func pages() async throws {
            let customer = try await gateway.customer()
            var recorded: [String] = []
            for _ in 0..<5 { recorded.append(try await gateway.recorded(customer)) }
            var (found, cursor): ([String], String?) = ([], nil)
            repeat {
                let page = try await list(
                    "tenant_id=\(customer.id)&limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""))
                #expect(page.status == 200 && page.items.count <= 2)
                found += page.items.compactMap { $0["request"]?.stringValue }
                cursor = page["next_cursor"]
            } while cursor != nil
            #expect(found == recorded.reversed())
            for query in [
                "cursor=x", "cursor=-1", "cursor=01", "limit=0", "limit=201", "limit=x", "state=closed", "state=",
                "tenant_id=all", "subject=1", "state=open&state=open",
            ] {
                expect(try await list(query), is: 422, "validation")
            }
        }

        @Test("a request ends once: the same end again is nothing, another is a conflict")
        func closedOnce() async throws {
            let customer = try await gateway.customer()
            let request = try await gateway.recorded(customer)
            #expect(try await close(request, of: customer, as: "refused", reason: "excessive").status == 200)
            let again = try await close(request, of: customer, as: "refused", reason: "excessive")
            #expect(again.status == 200 && again.object?["position"] == .null)
            expect(try await close(request, of: customer, as: "refused", reason: "withdrawn"), is: 409, "conflict")
            expect(try await close(request, of: customer, as: "fulfilled"), is: 409, "conflict")
            let other = try await gateway.customer()
            expect(try await close(request, of: other, as: "fulfilled"), is: 404, "not-found")
            expect(
                try await close(UUID().uuidString.lowercased(), of: customer, as: "fulfilled"), is: 404, "not-found")
            expect(try await close("1", of: customer, as: "fulfilled"), is: 404, "not-found")
        }

        @Test("the same key gets the same answer; with another request it is refused")
        func idempotent() async throws {
            let customer = try await gateway.customer()
            let staff = try await gateway.identity.application("privacy")
            var body = try await gateway.privacyRequest(of: customer)
            let first = try await gateway.post("/v1/privacy/requests", body, token: staff, key: "mail-1")
            let again = try await gateway.post("/v1/privacy/requests", body, token: staff, key: "mail-1")
            #expect(first.status == 201 && again.body == first.body && again.headers[.replayed] == "true")
            body["kind"] = .string("erasure")
            expect(
                try await gateway.post("/v1/privacy/requests", body, token: staff, key: "mail-1"), is: 422,
                "idempotency-key-reused")
        }

        @Test(
            "a request that makes no sense is refused and not recorded",
            arguments: [
                ("kind", .string("everything"), "/kind"), ("channel", .string("interface"), "/channel"),
                ("channel", .string("pigeon"), "/channel"), ("received_at", .string("yesterday"), "/received_at"),
                ("received_at", .string("2020-01-01T00:00:00Z"), "/received_at"),
                ("received_at", .string("2999-01-01T00:00:00Z"), "/received_at"),
                ("tenant_id", .string("all"), "/tenant_id"), ("subject", .string("jane@example.com"), "/subject"),
                ("name", .string("Jane"), "/name"), ("subject", .null, "/subject"),
            ] as [(String, JSONValue, String)])
        func badInput(name: String, value: JSONValue, pointer: String) async throws {
            let customer = try await gateway.customer()
            let staff = try await gateway.identity.application("privacy")
            var body = try await gateway.privacyRequest(of: customer)
            body[name] = value
            let sent = body
            let answer = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/privacy/requests", sent, token: staff)
            }
            expect(answer, is: 422, "validation")
            #expect(answer.pointers == [pointer])
        }

        @Test("whoever asks for somebody who is not there is on record as well, without the identifier")
        func nobody() async throws {
            let customer = try await gateway.customer()
            let staff = try await gateway.identity.application("privacy")
            let object = UUID().uuidString.lowercased()
            let answer = try await gateway.expectAppended(1) {
                try await gateway.get(
                    "/v1/privacy/subjects?tenant_id=\(customer.id)&object_id=\(object)", token: staff)
            }
            expect(answer, is: 404, "not-found")
            let read = try await gateway.newestRead()
            #expect(read["route"] == .string("/v1/privacy/subjects"))
            #expect(read["filters"] == .object(["tenant_id": .string(customer.id)]))
        }

        @Test("that it was read is in the log before it is given out, and says who and whose, not more")
        func recorded() async throws {
            let customer = try await gateway.customer()
            _ = try await gateway.recorded(customer)
            try await gateway.projectionsCaughtUp()
            let staff = try await gateway.identity.application("privacy")
            _ = try await gateway.expectAppended(1) {
                try await gateway.get("/v1/privacy/requests?tenant_id=\(customer.id)", token: staff)
            }
            let audit = try await gateway.get(
                "/v1/audit/events?type=audit.read", token: gateway.auditToken(of: customer))
            let routes = audit.items.map { $0["data"]?.objectValue?["route"] }
            #expect(
                routes.contains(.string("/v1/privacy/requests")) && routes.contains(.string("/v1/privacy/subjects")))
            #expect(!audit.text.contains(customer.subject.uuidString.lowercased()))
        }
    }
}
