import CanonicalJSON
import Foundation
import HTTPTypes
import Postgres
import PostgresTesting
import Testing

extension GatewayEntryTests {
    /// Two tenants on every route: nothing of one is seen or changed by the other (TEN-01).
    @Suite("Two tenants", .gateway)
    struct TenantIsolationTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        /// With every kind of row.
        private func neighbour() async throws -> (Customer, capture: String, hold: String) {
            let customer = try await gateway.customer(credits: 9)
            let capture = try await gateway.debited(customer)
            let hold = try await gateway.held(customer, units: 2)
            try await gateway.projectionsCaughtUp()
            return (customer, capture, hold)
        }

        private func everything(of customer: Customer) async throws -> [String] {
            try await gateway.projectionsCaughtUp()
            var answers: [String] = []
            for endpoint in Endpoint.reads {
                let call = try await endpoint.call(for: customer, at: gateway)
                answers.append(try await gateway.send(call, token: customer.token).text)
            }
            return answers
        }

        @Test("TEN-01: reads show a tenant nothing of another", arguments: Endpoint.reads)
        func reads(endpoint: Endpoint) async throws {
            let (other, capture, hold) = try await neighbour()
            let own = try await gateway.customer()
            let call = try await endpoint.call(for: own, at: gateway)
            let answer = try await gateway.send(call, token: own.token)
            #expect(answer.status == 200)
            for secret in [capture, hold, other.id] { #expect(!answer.text.contains(secret)) }
            #expect(answer.items.isEmpty)
            if endpoint == .balance { #expect(answer["posted"] == "0") }
            let past = try await gateway.get(
                "/v1/credits/balance?product=punchout&position=\(try await gateway.logSize())", token: own.token)
            #expect(past["posted"] == "0")
        }

        @Test("TEN-01: commands change nothing of another tenant", arguments: Endpoint.commands)
        func commands(endpoint: Endpoint) async throws {
            let (other, capture, hold) = try await neighbour()
            let own = try await gateway.customer(credits: 5)
            let before = try await everything(of: other)
            switch endpoint {
            case .void:
                let answer = try await gateway.post("/v1/holds/\(hold)/void", nil, token: own.token)
                expect(answer, is: 409, "conflict")
            case .refund:
                let answer = try await gateway.post(
                    "/v1/debits/\(capture)/refund", ["tenant_id": .string(own.id)],
                    token: gateway.identity.application("billing"))
                expect(answer, is: 404, "not-found")
            case .capture:
                var body = gateway.capture()
                body["hold_id"] = .string(hold)
                expect(try await gateway.post("/v1/captures", body, token: own.token), is: 409, "conflict")
            default:
                let call = try await endpoint.call(for: own, at: gateway)
                let token = try await endpoint.token(for: own, at: gateway)
                #expect(try await gateway.send(call, token: token).status == call.status)
            }
            #expect(try await everything(of: other) == before)
        }

        @Test("TEN-01: the same identifier is another capture in another tenant")
        func sameIdentifier() async throws {
            let id = UUID()
            for customer in [try await gateway.customer(credits: 1), try await gateway.customer(credits: 1)] {
                let answer = try await gateway.post(
                    "/v1/captures", gateway.capture(id: id), token: customer.token)
                #expect(answer.status == 201)
                #expect(answer.headers[.replayed] == nil)
                #expect(answer["available"] == "0")
            }
        }

        @Test("an auditor sees the tenant that is named, and that one only", arguments: Endpoint.reads)
        func auditor(endpoint: Endpoint) async throws {
            let (first, capture, _) = try await neighbour()
            let (second, other, _) = try await neighbour()
            let token = try await gateway.identity.application("auditor")
            let call = try await endpoint.call(for: first, at: gateway)
            let answer = try await gateway.get("\(call.path)&tenant_id=\(first.id)", token: token)
            #expect(answer.body == (try await gateway.send(call, token: first.token)).body)
            #expect(!answer.text.contains(other))
            if endpoint != .balance { #expect(answer.text.contains(capture)) }
            let another = try await gateway.get("\(call.path)&tenant_id=\(second.id)", token: token)
            #expect(!another.text.contains(capture))
        }

        // MARK: The second line: were the service mistaken, the database still would not tell

        private static let tables = [
            "events", "streams", "outcomes", "capture_history", "credit_statement", "subjects", "subject_keys",
            "balances",
        ]

        private func rows(of tenant: Customer, in table: String, as set: Customer?) async throws -> Int64 {
            try await gateway.connected(as: .gateway) { connection in
                let results = try await connection.pipeline([
                    (
                        "SELECT set_config('zentriq.tenant_id', $1, true)",
                        [.text(set?.id ?? "")]
                    ),
                    (
                        Statement("SELECT count(*) FROM zentriq.\(table) WHERE tenant_id = $1"),
                        [.uuid(tenant.tenant)]
                    ),
                ])
                return try results[1].only().int64(0)
            }
        }

        @Test("the service's role finds rows of the tenant that is set, and of no other", arguments: tables)
        func rowSecurity(table: String) async throws {
            let (own, _, _) = try await neighbour()
            let (other, _, _) = try await neighbour()
            #expect(try await rows(of: own, in: table, as: own) > 0)
            #expect(try await rows(of: other, in: table, as: own) == 0)
            #expect(try await rows(of: own, in: table, as: nil) == 0)
        }

        @Test("the setting ends with its transaction", arguments: tables)
        func settingIsLocal(table: String) async throws {
            let (own, _, _) = try await neighbour()
            try await gateway.connected(as: .gateway) { connection in
                try await connection.pipeline([
                    ("SELECT set_config('zentriq.tenant_id', $1, true)", [.text(own.id)])
                ])
                let found = try await connection.query(Statement("SELECT count(*) FROM zentriq.\(table)"))
                #expect(try found.only().int64(0) == 0)
            }
        }

        @Test("partitions can't be read around the policy")
        func partitions() async throws {
            try await gateway.connected(as: .gateway) { connection in
                let partitions = try await connection.query(
                    """
                    SELECT relid::regclass::text FROM pg_partition_tree('zentriq.events') WHERE level > 0
                    """)
                #expect(partitions.count > 7)
                for row in partitions {
                    let name = try row.string(0)
                    await #expect(throws: PostgresError.self, "\(name)") {
                        try await connection.query(Statement("SELECT 1 FROM \(name)"))
                    }
                }
            }
        }
    }
}
