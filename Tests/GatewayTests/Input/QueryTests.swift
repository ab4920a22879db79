import CanonicalJSON
import Foundation
import Testing

extension GatewayEntryTests {
    @Suite("Wrong queries", .gateway)
    struct QueryTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        private func refuse(_ target: String, pointers: [String]) async throws {
            let customer = try await gateway.customer()
            let answer = try await gateway.expectAppended(0) { try await gateway.get(target, token: customer.token) }
            expect(answer, is: 422, "validation")
            #expect(answer.pointers == pointers, "\(answer.text)")
        }

        private static let paths = ["/v1/credits/balance", "/v1/credits/statement", "/v1/captures"]

        @Test(
            "of every list and of the balance", arguments: paths,
            [
                ("", ["?product"]), ("?", ["?product"]), ("?product=", ["?product"]), ("?product=other", ["?product"]),
                ("?product=PUNCHOUT", ["?product"]), ("?product", ["?product"]),
                ("?product=punchout&product=punchout", ["?product"]), ("?product=punchout&product=agent", ["?product"]),
                ("?product=punchout&unknown=1", ["?unknown"]), ("?product=punchout&", ["?"]),
                ("?product=punchout&=1", ["?"]), ("?product=punchout&x%00y=1", ["?"]),
                ("?product=%70unchout%", ["?product"]),
                ("?product=punchout&tenant_id=00000000-0000-4000-8000-000000000000", ["?tenant_id"]),
            ])
        func everywhere(path: String, query: (String, [String])) async throws {
            try await refuse(path + query.0, pointers: query.1)
        }

        @Test(
            "of lists", arguments: ["/v1/credits/statement", "/v1/captures"],
            [
                ("limit=0", "?limit"), ("limit=201", "?limit"), ("limit=-1", "?limit"), ("limit=ten", "?limit"),
                ("limit=01", "?limit"), ("limit=1.0", "?limit"), ("limit=", "?limit"), ("limit=+5", "?limit"),
                ("limit=99999999999999999999", "?limit"), ("cursor=", "?cursor"), ("cursor=abc", "?cursor"),
                ("cursor=-5", "?cursor"), ("cursor=007", "?cursor"), ("cursor=1%202", "?cursor"),
                ("cursor=9223372036854775808", "?cursor"), ("cursor=%27%20OR%201=1", "?cursor"),
                ("as_of=2026-05-01T12:00:00Z", "?as_of"), ("position=1", "?position"),
            ])
        func lists(path: String, wrong: (String, String)) async throws {
            try await refuse("\(path)?product=punchout&\(wrong.0)", pointers: [wrong.1])
        }

        @Test(
            "of the balance",
            arguments: [
                ("as_of=2999-01-01T00:00:00Z", "?as_of"), ("as_of=yesterday", "?as_of"), ("as_of=2026-05-01", "?as_of"),
                ("as_of=", "?as_of"), ("position=-1", "?position"), ("position=x", "?position"),
                ("position=", "?position"),
                ("position=9223372036854775808", "?position"), ("as_of=2026-01-01T00:00:00Z&position=1", "?position"),
                ("limit=1", "?limit"), ("cursor=1", "?cursor"),
            ])
        func balance(query: String, pointer: String) async throws {
            try await refuse("/v1/credits/balance?product=punchout&\(query)", pointers: [pointer])
        }

        @Test(
            "an auditor must say whose account is meant", arguments: paths,
            [
                "", "&tenant_id=", "&tenant_id=all", "&tenant_id=A0000000-0000-4000-8000-000000000000",
            ])
        func auditor(path: String, query: String) async throws {
            let token = try await gateway.identity.application("auditor")
            let answer = try await gateway.get("\(path)?product=punchout\(query)", token: token)
            expect(answer, is: 422, "validation")
            #expect(answer.pointers == ["?tenant_id"])
        }

        @Test("commands take none", arguments: Endpoint.commands)
        func commands(endpoint: Endpoint) async throws {
            let customer = try await gateway.customer(credits: 10)
            let call = try await endpoint.call(for: customer, at: gateway)
            let token = try await endpoint.token(for: customer, at: gateway)
            let answer = try await gateway.expectAppended(0) {
                try await gateway.post("\(call.path)?cart=drill", call.body, token: token)
            }
            expect(answer, is: 422, "validation")
            #expect(answer.pointers == ["?cart"])
        }

        @Test(
            "the limits themselves are right",
            arguments: [
                "/v1/captures?product=punchout&limit=1", "/v1/captures?product=punchout&limit=200",
                "/v1/captures?product=punchout&cursor=0", "/v1/captures?product=punchout&cursor=9223372036854775807",
                "/v1/credits/balance?product=punchout&position=0",
                "/v1/credits/balance?product=punchout&position=9223372036854775807",
                "/v1/credits/balance?product=%70unchout&as_of=2020-01-01T02:00:00%2B02:00",
                "/v1/credits/balance?product=punchout&as_of=1970-01-01T00:00:00Z",
            ])
        func limits(target: String) async throws {
            let customer = try await gateway.customer()
            let answer = try await gateway.get(target, token: customer.token)
            #expect(answer.status == 200, "\(answer.text)")
        }
    }
}
