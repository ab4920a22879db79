import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import Projections
import Testing

extension StorageTests {
    @Suite("Balances")
    struct BalanceTests {
        @Test("as of any position and any time, they are what they were then", arguments: Seeds.fresh(2))
        func asOf(seed: UInt64) async throws {
            print("seed \(seed)")
            try await StorageTests.shared.use { bench in
                var story = Story(bench, accounts: 3, seed: seed)
                try await story.go(on: 120)
                for (index, moment) in story.moments.enumerated() {
                    let client = try #require(story.clients.first { $0.account == moment.account })
                    let then = try await client.balance(at: .position(moment.position))
                    #expect(then.state == moment.state, "seed \(seed), moment \(index)")
                    #expect(then.position == moment.position)

                    // Two commands may share a microsecond: the last of them is what the time shows.
                    let last = story.moments.last { $0.account == moment.account && $0.time == moment.time }
                    let asOfTime = try await client.balance(at: .time(moment.time))
                    #expect(asOfTime.state == last?.state, "seed \(seed), moment \(index)")
                    #expect(asOfTime.time.microseconds == moment.time.microseconds)
                    #expect(asOfTime.available == last?.state.available(at: asOfTime.time))
                }
                for client in story.clients {
                    let now = try await client.balance(at: .now)
                    let folded = try await client.balance(at: .time(bench.clock.now))
                    #expect(now == folded)
                    #expect(try await client.state() == now.state)
                    var state = AccountState()
                    for event in try await client.movements() { try evolve(&state, event) }
                    #expect(now.state == state)
                }
            }
        }

        @Test("a time tells holds and expiries apart to the microsecond")
        func exactTimes() async throws {
            try await StorageTests.shared.use { bench in
                let client = Client(bench)
                let start = bench.clock.now
                try await client.grant(10, expires: try client.now.adding(seconds: 60))
                bench.clock.advance(seconds: 10)
                try await client.hold(4, seconds: 20)
                bench.clock.advance(seconds: 100)
                try await client.settle()
                func amounts(after microseconds: Int64) async throws -> [Int64] {
                    let time = EventTime(microseconds: start.microseconds + microseconds)
                    let balance = try await client.balance(at: .time(time))
                    return [balance.posted.rawValue, balance.held.rawValue, balance.available.rawValue]
                }
                #expect(try await amounts(after: -1) == [0, 0, 0])
                #expect(try await amounts(after: 0) == [10, 0, 10])
                #expect(try await amounts(after: 10_000_000 - 1) == [10, 0, 10])
                #expect(try await amounts(after: 10_000_000) == [10, 4, 6])
                #expect(try await amounts(after: 30_000_000 - 1) == [10, 4, 6])
                #expect(try await amounts(after: 30_000_000) == [10, 0, 10])
                #expect(try await amounts(after: 60_000_000 - 1) == [10, 0, 10])
                #expect(try await amounts(after: 60_000_000) == [0, 0, 0])
                #expect(try await amounts(after: 110_000_000) == [0, 0, 0])
            }
        }

        @Test("now is never before the newest event, however far the clock was set back")
        func clockSetBack() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                let recorded = bench.clock.now
                try await client.grant(5)
                bench.clock.set(recorded.adding(seconds: -3_600))
                let balance = try await client.balance(at: .now)
                #expect(balance.available == Credits(5))
                #expect(balance.time.microseconds == recorded.microseconds)
                bench.clock.set(recorded.adding(seconds: 60))
                #expect(try await client.balance(at: .now).time.microseconds == bench.clock.now.microseconds)
            }
        }

        @Test("of an account that never was are empty")
        func empty() async throws {
            try await StorageTests.shared.use { bench in
                try await Client(bench).grant(5)
                for moment in [
                    Balances.Moment.now, .position(LogPosition(0)), .position(LogPosition(.max)),
                    .time(EventTime(microseconds: 0)), .time(EventTime(microseconds: .max)),
                ] {
                    let balance = try await Client(bench).balance(at: moment)
                    #expect(balance.state == AccountState(), "\(moment)")
                    #expect(balance.position == nil)
                    #expect(balance.available == .zero)
                }
            }
        }

        @Test("of a history with a hole are refused, not guessed")
        func hole() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(5)
                try await client.hold(1)
                try await client.grant(5)
                let head = try await bench.reader.head().nextPosition
                try await bench.asSuperuser(("DELETE FROM zentriq.events WHERE position = 2", []))
                await #expect(throws: LogError.corrupt("version 2 of account-punchout is missing")) {
                    try await client.balance(at: .position(head))
                }
            }
        }
    }
}

extension Client {
    func balance(at moment: Balances.Moment) async throws -> Balances.Balance {
        try await bench.balances.balance(of: tenant, product: product, at: moment)
    }
}
