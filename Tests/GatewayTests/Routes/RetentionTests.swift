import AuditLog
import Billing
import CanonicalJSON
import EventStore
import Foundation
import Gateway
import HTTPTypes
import LogTesting
import Postgres
import PostgresTesting
import Retention
import Testing

extension GatewayTests {
    /// Each with a service of its own: there is one policy for all tenants.
    @Suite("Retention", .serialized, .timeLimit(.minutes(10)))
    struct RetentionTests {
        private static let requester = Requester(actor: nil, request: nil)

        /// A service that began so many days ago, with the shipped policy in force.
        private static func with(
            daysAgo: Int64, _ body: @escaping @Sendable (TestGateway) async throws -> Void
        ) async throws {
            let now = WallClock.system.now()
            try await TestDatabase.with { database in
                try await TestGateway.with(
                    clock: ManualClock(at: now.adding(seconds: -daysAgo * 86_400)),
                    configuration: { try database.configuration(role: $0) }
                ) { gateway in
                    let file = URL(filePath: TestGateway.schemaDirectory).appending(path: "retention.json")
                    let policy = try RetentionPolicy(parsing: Array(Data(contentsOf: file)))
                    _ = try await gateway.platform.policies.adopt(
                        policy, with: gateway.platform.ledger, by: requester)
                    try await body(gateway)
                }
            }
        }

        private static func place(_ scope: LegalHold.Scope, at gateway: TestGateway) async throws -> LegalHold {
            let hold = try LegalHold(
                id: UUID(), scope: scope, reason: "case 4711", placedBy: "legal office", until: nil)
            try await gateway.platform.holds.place(
                hold, now: EventTime(microseconds: gateway.clock.now), with: gateway.platform.ledger, by: requester)
            return hold
        }

        @Test("the schedule says by class, tenant and day what is due, how much of it is held, and by what")
        func schedule() async throws {
            try await Self.with(daysAgo: 0) { gateway in
                let token = try await gateway.identity.application("privacy")
                let customer = try await gateway.customer(credits: 5)
                _ = try await gateway.debited(customer)
                _ = try await gateway.debited(customer)
                let today = CivilDay(of: EventTime(microseconds: gateway.clock.now))
                let none = try await gateway.expectAppended(1) {
                    try await gateway.get("/v1/retention/schedule", token: token)
                }
                let read = try await gateway.newestRead()
                #expect(read["route"] == .string("/v1/retention/schedule"))
                #expect(read["filters"] == .object(["days": .string("30")]))
                #expect(none.status == 200)
                #expect(none.object?["items"]?.arrayValue?.isEmpty == true, "\(none.text)")
                var scope = LegalHold.Scope()
                scope.tenant = TenantID(customer.tenant)
                scope.retention = .capture
                let hold = try await Self.place(scope, at: gateway)
                let answer = try await gateway.get("/v1/retention/schedule?days=366", token: token)
                let items = answer.object?["items"]?.arrayValue?.compactMap(\.objectValue) ?? []
                let captures = try #require(items.first { $0["class"] == .string("capture") }, "\(answer.text)")
                let expected: JSONObject = [
                    "class": .string("capture"), "count": .string("2"),
                    "due_on": .string(today.adding(months: 12).adding(days: 1).text), "held": .string("2"),
                    "tenant_id": .string(customer.id),
                ]
                #expect(captures == expected)
                #expect(answer.object?["holds"]?.arrayValue == [.object(hold.object)])
            }
        }

        @Test("is for the role privacy alone")
        func roles() async throws {
            try await Self.with(daysAgo: 0) { gateway in
                let customer = try await gateway.customer()
                for visitor in Visitor.allCases where visitor != .privacy && visitor != .expired {
                    let token = try await visitor.token(for: customer, at: gateway)
                    let answer = try await gateway.get("/v1/retention/schedule", token: token)
                    let isUnknown = [.nobody, .garbage, .forged].contains(visitor)
                    expect(answer, is: isUnknown ? 401 : 403, isUnknown ? "unauthorized" : "forbidden")
                }
                let token = try await gateway.identity.application("privacy")
                for (query, pointer) in [
                    ("days=-1", "?days"), ("days=367", "?days"), ("days=ten", "?days"), ("days=", "?days"),
                    ("days=01", "?days"), ("days=1&days=2", "?days"), ("until=2027-01-01", "?until"),
                ] {
                    let answer = try await gateway.get("/v1/retention/schedule?\(query)", token: token)
                    expect(answer, is: 422, "validation")
                    #expect(answer.pointers == [pointer], "\(answer.text)")
                }
            }
        }

        @Test("the receipt of what is gone is 410, of what never was 404")
        func gone() async throws {
            try await Self.with(daysAgo: 120) { gateway in
                let customer = try await gateway.customer()
                let first = try await gateway.logSize()
                while try await gateway.logSize() < 256 {
                    let checked = try await gateway.post(
                        "/v1/credits/check", ["product": .string("punchout")], token: customer.token)
                    try #require(checked.status == 200)
                }
                gateway.clock.advance(seconds: 100 * 86_400)
                let sweeper = Sweeper(
                    log: LogID(1), signer: gateway.platform.configuration.signer,
                    configuration: try gateway.configuration(.retention), clock: gateway.clock.wallClock,
                    logger: gateway.logs.logger)
                // The tree builds its bundle by itself, in its own time.
                while try await sweeper.run().total == 0 { try await Task.sleep(for: .milliseconds(20)) }
                let token = try await gateway.identity.user(of: customer.tenant, subject: customer.subject)
                let answer = try await gateway.get("/v1/receipts/\(first)", token: token)
                expect(answer, is: 410, "gone")
                let beyond = try await gateway.get("/v1/receipts/1000000", token: token)
                expect(beyond, is: 404, "not-found")
            }
        }
    }
}
