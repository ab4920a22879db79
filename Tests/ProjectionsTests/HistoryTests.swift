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
    @Suite("Capture history and statement")
    struct HistoryTests {
        @Test("both tell what was done, with the balance after each movement", arguments: Seeds.fresh(2))
        func tellWhatWasDone(seed: UInt64) async throws {
            print("seed \(seed)")
            try await StorageTests.shared.use { bench in
                var story = Story(bench, accounts: 4, seed: seed)
                try await story.go(on: 150)
                try await bench.catchUp()
                for client in story.clients {
                    let captures = try await Self.allCaptures(client, page: 7)
                    #expect(
                        captures.map(\.record) == story.captures[client.account, default: []].reversed(), "seed \(seed)"
                    )

                    let lines = try await Self.allLines(client, page: 7).reversed()
                    let events = try await client.events(client.account.stream)
                    #expect(lines.map(\.position) == events.map(\.position), "seed \(seed)")
                    #expect(lines.map(\.recordedAt) == events.map(\.recordedAt), "seed \(seed)")
                    var state = AccountState()
                    for (line, event) in zip(lines, events) {
                        let before = state.balance.rawValue
                        guard case .credit(let credit) = try DomainEvent(event) else { continue }
                        try evolve(&state, credit)
                        #expect(line.balance == state.balance, "seed \(seed) position \(line.position.rawValue)")
                        #expect(line.change == state.balance.rawValue - before)
                        #expect(event.type == "credit." + (Self.typeByKind[line.kind] ?? "?"))
                    }
                    #expect(try await client.state() == state)
                }
            }
        }

        private static let typeByKind = [
            "grant": "granted", "debit": "debited", "refund": "refunded", "expiry": "grant_expired", "hold": "held",
            "hold_voided": "hold_voided", "hold_expired": "hold_expired",
        ]

        @Test("the lines of a statement, one of each kind")
        func kinds() async throws {
            try await StorageTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(10, reference: "order-1", expires: try client.now.adding(seconds: 600))
                let first = try await client.hold(2, seconds: 60).holdID
                try await client.voidHold(first)
                let second = try await client.hold(3, seconds: 60).holdID
                let paid = try await client.capture()
                try await client.refund(paid)
                bench.clock.advance(seconds: 60)
                try await client.settle()
                bench.clock.advance(seconds: 600)
                try await client.settle()
                try await bench.catchUp()
                let lines = try await bench.history.statement(
                    of: client.tenant, product: .punchout, before: nil, limit: 100)
                let capture = paid.id.lowercaseText
                #expect(
                    lines.reversed().map {
                        "\($0.kind) \($0.units.rawValue) \($0.change) \($0.balance.rawValue) \($0.reference ?? "-")"
                    }
                        == [
                            "grant 10 10 10 order-1", "hold 2 0 10 \(first.rawValue)",
                            "hold_voided 0 0 10 \(first.rawValue)", "hold 3 0 10 \(second.rawValue)",
                            "debit 1 -1 9 \(capture)", "refund 1 1 10 \(capture)",
                            "hold_expired 0 0 10 \(second.rawValue)", "expiry 10 -10 0 1",
                        ])
            }
        }

        @Test("pages of any size follow each other without overlap and gap, though captures come in between")
        func pages() async throws {
            try await StorageTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(100)
                var records: [CaptureRecord] = []
                for _ in 0..<10 { records.append(try await client.capture()) }
                try await bench.catchUp()
                for size in [1, 2, 5, 9, 10, 11, 100] {
                    let newest = try await client.events(Streams.captures(.punchout)).count
                    let captures = try await Self.allCaptures(client, page: size) {
                        records.append(try await client.capture())
                        try await bench.catchUp()
                    }
                    #expect(captures.map(\.record) == records.prefix(newest).reversed(), "pages of \(size)")
                    let lines = try await Self.allLines(client, page: size)
                    #expect(lines.map(\.position) == Set(lines.map(\.position)).sorted(by: >), "pages of \(size)")
                    #expect(lines.count == records.count + 1, "pages of \(size)")
                }
            }
        }

        @Test("captures are shown for twelve months, to the microsecond; the movements of money for longer")
        func twelveMonths() async throws {
            let start = EventTime(microseconds: 1_709_164_800_000_000)  // 2024-02-29T00:00:00Z
            let anniversary = EventTime(microseconds: 1_740_700_800_000_000)  // 2025-02-28T00:00:00Z
            try await Bench.with(start: start) { bench in
                let client = Client(bench)
                try await client.grant(5)
                let old = try await client.capture()
                bench.clock.set(EventTime(microseconds: anniversary.microseconds - 1))
                let new = try await client.capture()
                try await bench.catchUp()
                func shown() async throws -> [CaptureRecord] {
                    try await bench.history.captures(of: client.tenant, product: .punchout, before: nil, limit: 9)
                        .map(\.record)
                }
                #expect(try await shown() == [new, old])
                bench.clock.set(EventTime(microseconds: anniversary.microseconds + 86_400_000_000 - 1))
                #expect(try await shown() == [new, old], "28 February 2024 is not yet passed")
                bench.clock.advance(microseconds: 1)
                #expect(try await shown() == [new])
                let lines = try await bench.history.statement(
                    of: client.tenant, product: .punchout, before: nil, limit: 9)
                #expect(lines.map(\.kind) == ["debit", "debit", "grant"])
            }
        }

        @Test("another tenant, and the other product, see nothing")
        func isolation() async throws {
            try await StorageTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5)
                try await client.capture()
                try await bench.catchUp()
                for other in [Client(bench), Client(bench, tenant: client.tenant, product: .agent)] {
                    #expect(try await Self.allCaptures(other, page: 10).isEmpty)
                    #expect(try await Self.allLines(other, page: 10).isEmpty)
                }
                let gateway = try await bench.database.connect(role: .gateway)
                for table in ["capture_history", "credit_statement"] {
                    let rows = try await gateway.query(.init("SELECT count(*) FROM zentriq.\(table)"))
                    #expect(try rows.only().int64(0) == 0, "without a tenant nothing is seen")
                }
                await gateway.close()
            }
        }

        private static func allCaptures(
            _ client: Client, page: Int, between: () async throws -> Void = {}
        ) async throws -> [HistoryReader.Capture] {
            try await all(position: \.position, between: between) { before in
                try await client.bench.history.captures(
                    of: client.tenant, product: client.product, before: before, limit: page)
            }
        }

        private static func allLines(_ client: Client, page: Int) async throws -> [HistoryReader.Line] {
            try await all(position: \.position) { before in
                try await client.bench.history.statement(
                    of: client.tenant, product: client.product, before: before, limit: page)
            }
        }

        private static func all<Element>(
            position: (Element) -> LogPosition, between: () async throws -> Void = {},
            _ page: (LogPosition?) async throws -> [Element]
        ) async throws -> [Element] {
            var all: [Element] = []
            while true {
                let next = try await page(all.last.map(position))
                if next.isEmpty { return all }
                all += next
                try await between()
            }
        }
    }
}
