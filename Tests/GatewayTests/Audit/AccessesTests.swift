import AuditLog
import Billing
import CanonicalJSON
import EventStore
import Foundation
import Gateway
import HTTPTypes
import Postgres
import PostgresTesting
import Retention
import Testing

extension GatewayTests {
    @Suite("Accesses of staff, for customers", .timeLimit(.minutes(10)))
    struct AccessesTests {
        /// What the desk leaves in the log, with the clock of the service.
        private struct Staff: Sendable {
            let gateway: TestGateway
            let database: StaffDatabase
            let members: [UUID]

            init(_ gateway: TestGateway) async throws {
                self.gateway = gateway
                let pool = PostgresPool(configuration: try gateway.configuration(.access), size: 1)
                database = StaffDatabase(log: gateway.platform.configuration.log, pool: pool)
                let desk = AccessDesk(
                    database: database, ledger: gateway.platform.staff, keys: gateway.platform.configuration.keys,
                    clock: gateway.clock.wallClock)
                members = try await desk.roster.enrol(["Ada", "Grace"], algorithm: .sha1, codes: []).map(\.member.id)
            }

            func grant(_ scope: AccessScope, reason: String, isEnded: Bool = false) async throws {
                let request = try AccessRequest(
                    scope: scope, reason: reason, ticket: "CASE-7", minutes: 10, isBreakGlass: false)
                let role = "staff_" + (0..<24).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
                let end = EventTime(microseconds: gateway.clock.now).adding(seconds: 600)
                let grant = AccessGrant(request, requestedBy: members[0], expiresAt: end, role: role)
                var history: [(StaffEvent, UUID?)] = [(.requested(request), members[0]), (.granted(grant), members[1])]
                if isEnded { history.append((.ended(role: role, .expired), nil)) }
                let stream = Streams.staffAccess(UUID())
                for (event, member) in history {
                    try await database.note(
                        gateway.platform.staff.append([event], to: stream, after: nil, by: member))
                }
            }
        }

        @Test("a customer sees those to its own data and those to everybody's, with proof, and not who")
        func list() async throws {
            try await TestGateway.with { gateway in
                let (first, second) = (try await gateway.customer(), try await gateway.customer())
                let staff = try await Staff(gateway)
                try await staff.grant(.tenant(TenantID(first.tenant)), reason: "for the first", isEnded: true)
                try await staff.grant(.readOnly, reason: "for all")
                try await staff.grant(.tenant(TenantID(second.tenant)), reason: "for the second")
                try await staff.grant(.tables(["heads"]), reason: "a table")

                func items(_ customer: Customer, _ query: String = "") async throws -> [JSONObject] {
                    let token = try await gateway.auditToken(of: customer)
                    let answer = try await gateway.get("/v1/audit/accesses\(query)", token: token)
                    #expect(answer.status == 200, "\(answer.text)")
                    for member in staff.members { #expect(!answer.text.contains(member.lowercaseText)) }
                    return answer.object?["items"]?.arrayValue?.compactMap(\.objectValue) ?? []
                }
                #expect(
                    try await items(first).map { $0["reason"]?.stringValue } == ["a table", "for all", "for the first"])
                #expect(
                    try await items(second).map { $0["reason"]?.stringValue }
                        == ["a table", "for the second", "for all"])
                let proven = try await items(first, "?receipts=true&limit=200")
                #expect(proven.map { $0["reach"]?.stringValue } == ["all-tenants", "all-tenants", "tenant"])
                #expect(proven.map { $0["end_reason"]?.stringValue } == [nil, nil, "expired"])
                for item in proven {
                    let receipt = try #require(item["receipt"]?.stringValue)
                    #expect(receipt.hasPrefix("c2sp.org/tlog-proof@v1\n"))
                    #expect((item["ended_receipt"]?.stringValue != nil) == (item["ended_at"]?.stringValue != nil))
                }
                let extra = try #require(
                    proven[2]["receipt"]?.stringValue?.split(separator: "\n").first { $0.hasPrefix("extra ") })
                let told = try #require(Data(base64Encoded: String(extra.dropFirst("extra ".count))))
                #expect(String(decoding: told, as: UTF8.self).contains(#""reason":"for the first""#))
            }
        }

        @Test("comes in pages, newest first, each once")
        func pages() async throws {
            try await TestGateway.with { gateway in
                let customer = try await gateway.customer()
                let staff = try await Staff(gateway)
                for number in 0..<5 { try await staff.grant(.readOnly, reason: "number \(number)") }
                let token = try await gateway.auditToken(of: customer)
                var (seen, cursor): ([String], String?) = ([], nil)
                repeat {
                    let page = try await gateway.get(
                        "/v1/audit/accesses?limit=2\(cursor.map { "&cursor=\($0)" } ?? "")", token: token)
                    seen +=
                        page.object?["items"]?.arrayValue?.compactMap { $0.objectValue?["reason"]?.stringValue } ?? []
                    cursor = page["next_cursor"]
                } while cursor != nil
                #expect(seen == (0..<5).reversed().map { "number \($0)" })
                for bad in [
                    "limit=0", "limit=201", "cursor=x", "cursor=-1", "cursor=01", "receipts=maybe", "tenant_id=1",
                ] {
                    let answer = try await gateway.get("/v1/audit/accesses?\(bad)", token: token)
                    #expect(answer.status == 422, "\(bad): \(answer.text)")
                }
            }
        }
    }
}
