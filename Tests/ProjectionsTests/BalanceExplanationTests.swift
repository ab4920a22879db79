import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Projections
import Testing

extension StorageTests {
    @Suite("Balance explanations")
    struct BalanceExplanationTests {
        @Test("list every movement with the balance and the holds after it")
        func lines() async throws {
            try await StorageTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(10, reference: "order-1", expires: try client.now.adding(seconds: 3_600))
                try await client.grant(5, reference: "order-2")
                let capture = try await client.capture()
                let hold = try await client.hold(4, seconds: 60).holdID
                try await client.refund(capture)
                try await client.voidHold(hold)
                try await client.hold(3, seconds: 60)
                bench.clock.advance(seconds: 61)
                try await client.settle()
                bench.clock.advance(seconds: 3_600)
                try await client.settle()

                let explanation = try await client.explanation()
                let lines = explanation.lines.map { "\($0.kind) \($0.units) \($0.change) \($0.balance) \($0.held)" }
                #expect(
                    lines == [
                        "grant 10 10 10 0", "grant 5 5 15 0", "debit 1 -1 14 0", "hold 4 0 14 4", "refund 1 1 15 4",
                        "hold_voided 0 0 15 0", "hold 3 0 15 3", "hold_expired 0 0 15 0", "expiry 10 -10 5 0",
                    ])
                #expect(explanation.holds, "\(explanation.contradictions)")
                #expect(explanation.sum == 5)
                #expect(explanation.inline == Credits(5))
                #expect(explanation.newest == Credits(5))
                #expect(explanation.lines.map(\.reference).prefix(2) == ["order-1", "order-2"])
                let events = try await client.events(Streams.account(.punchout))
                #expect(explanation.lines.map(\.position) == events.map(\.position))
                #expect(explanation.lines.map(\.time) == events.map(\.recordedAt))
            }
        }

        @Test(
            "of any moment add up to the balance of that moment, holds and expiries included", arguments: Seeds.fresh(1)
        )
        func moments(seed: UInt64) async throws {
            print("seed \(seed)")
            try await StorageTests.shared.use { bench in
                var story = Story(bench, accounts: 2, seed: seed)
                try await story.go(on: 60)
                for moment in story.moments {
                    let client = try #require(story.clients.first { $0.account == moment.account })
                    let then = try await client.explanation(at: .position(moment.position))
                    #expect(then.holds, "seed \(seed): \(then.contradictions)")
                    #expect(then.folded == moment.state, "seed \(seed)")
                    #expect(then.sum == moment.state.balance.rawValue)
                    #expect(then.lines.last?.position == moment.position)
                    #expect(then.inline == (try await client.state()).balance)
                    let balance = try await client.balance(at: .time(moment.time))
                    let asOfTime = try await client.explanation(at: .time(moment.time))
                    #expect(asOfTime.folded == balance.state, "seed \(seed)")
                    #expect(asOfTime.time == balance.time)
                }
            }
        }

        @Test("of an account that never was have no line, and hold")
        func empty() async throws {
            try await StorageTests.shared.use { bench in
                for moment in [Balances.Moment.now, .position(LogPosition(0)), .time(EventTime(microseconds: 0))] {
                    let explanation = try await Client(bench).explanation(at: moment)
                    #expect(explanation.lines.isEmpty && explanation.holds)
                    #expect(explanation.sum == 0 && explanation.inline == nil)
                }
            }
        }

        @Test("an event of another tenant is none of the account's")
        func otherTenant() async throws {
            try await StorageTests.shared.use { bench in
                try await Client(bench).grant(5)
                let client = Client(bench)
                try await client.grant(3)
                let other = Client(bench, tenant: client.tenant, product: .agent)
                try await other.grant(7)
                #expect(try await client.explanation().lines.map(\.units) == [3])
                #expect(try await other.explanation().lines.map(\.units) == [7])
            }
        }

        static let tampering: [(sql: Statement, finding: String)] = [
            (
                "UPDATE zentriq.events SET data = replace(data, '\"units\":\"9\"', '\"units\":\"8\"') WHERE position = 1",
                "position 1: the row is not what its entry commits to"
            ),
            ("DELETE FROM zentriq.events WHERE position = 2", "version 2 is missing"),
            ("DELETE FROM zentriq.events WHERE position = 4", "the head is at version 3, the events at 2"),
            ("UPDATE zentriq.events SET data = 'null' WHERE position = 2", "position 2: a payload of credit.debited"),
            ("DELETE FROM zentriq.streams WHERE stream_id = 'account-punchout'", "the account has events and no head"),
            (
                """
                UPDATE zentriq.streams SET state = replace(state, '"balance":"7"', '"balance":"8"')
                WHERE stream_id = 'account-punchout'
                """, "the state in the head can't be read"
            ),
            (
                """
                UPDATE zentriq.streams SET state = replace(state, '"reference":"order-1"', '"reference":"order-2"')
                WHERE stream_id = 'account-punchout'
                """, "the state in the head is not what the events add up to"
            ),
        ]

        @Test("say what does not fit together", arguments: tampering.indices)
        func tampered(index: Int) async throws {
            let (sql, finding) = Self.tampering[index]
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(9, reference: "order-1")
                for _ in 0..<2 { try await client.capture() }
                #expect(try await client.explanation().holds)
                try await bench.asSuperuser((sql, []))
                let explanation = try await client.explanation()
                #expect(!explanation.holds)
                #expect(explanation.contradictions.contains { $0.contains(finding) }, "\(explanation.contradictions)")
            }
        }
    }
}

extension Client {
    func explanation(at moment: Balances.Moment = .now) async throws -> BalanceExplanation {
        try await BalanceExplainer(reader: bench.reader, clock: bench.clock.wallClock)
            .explain(product, of: tenant, at: moment)
    }
}
