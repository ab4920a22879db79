import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Testing

extension LedgerTests {
    @Suite("Repeated requests")
    struct IdempotencyTests {
        @Test("a repeated capture gets the same bytes, is told apart, and costs nothing")
        func sameBytes() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5)
                let record = client.record()
                let first = try await client.capture(record)
                try await client.capture()
                let size = try await bench.size()
                let second = try await client.capture(record)
                #expect(second.response == first.response)
                #expect(second.position == first.position)
                #expect(!first.isReplay)
                #expect(second.isReplay)
                #expect(try await bench.size() == size)
                #expect(try await client.balance() == 3)
            }
        }

        @Test("200 parallel identical captures debit once, and all get the same bytes")
        func parallel() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(200)
                let record = client.record()
                let answers = try await withThrowingTaskGroup(of: Accepted.self) { group in
                    for _ in 0..<200 { group.addTask { try await client.capture(record) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(answers.map(\.response)).count == 1)
                #expect(answers.count { !$0.isReplay } == 1)
                #expect(try await client.balance() == 199)
                #expect(try await client.events(Streams.captures(.punchout)).count == 1)
            }
        }

        @Test("200 identical captures through two writers debit once")
        func parallelWriters() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(200)
                let record = client.record()
                try await bench.withOtherLedger { other in
                    let answers = try await withThrowingTaskGroup(of: Accepted.self) { group in
                        for number in 0..<200 {
                            group.addTask {
                                try await client.capture(record, with: number % 2 == 0 ? other : bench.ledger)
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(Set(answers.map(\.response)).count == 1)
                    #expect(answers.count { !$0.isReplay } == 1)
                }
                #expect(try await client.balance() == 199)
            }
        }

        static let otherBodies: [@Sendable (CaptureRecord, Client) -> CaptureRecord] = [
            { $1.record($0.id, lines: $0.lineCount + 1, at: $0.capturedAt) },
            { $1.record($0.id, host: "other.example.com", at: $0.capturedAt) },
            { $1.record($0.id, outcome: .failure, at: $0.capturedAt) },
            { $1.record($0.id, at: Timestamp(microseconds: $0.capturedAt.microseconds - 1)) },
            { Client($1.bench, tenant: $1.tenant, product: .agent).record($0.id, at: $0.capturedAt) },
        ]

        @Test("the same identifier with another body is refused", arguments: otherBodies.indices)
        func otherBody(index: Int) async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5)
                let record = client.record()
                try await client.capture(record)
                let other = Self.otherBodies[index](record, client)
                await #expect(throws: LogError.keyReused) { try await client.capture(other) }
                #expect(try await client.balance() == 4)
            }
        }

        @Test("the same capture from a hold, and without one, are two requests")
        func otherHold() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5)
                let hold = try await client.hold(2).holdID
                let record = client.record()
                try await client.capture(record)
                await #expect(throws: LogError.keyReused) { try await client.capture(record, hold: hold) }
            }
        }

        @Test("a repeat after 25 hours is still a repeat, by the same writer and by one that was started since")
        func late() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5)
                let record = client.record()
                let first = try await client.capture(record)
                bench.clock.advance(seconds: 25 * 3_600)
                let second = try await client.capture(record)
                #expect(second.isReplay)
                #expect(second.response == first.response)
                try await bench.withOtherLedger { restarted in
                    let third = try await client.capture(record, with: restarted)
                    #expect(third.isReplay)
                    #expect(third.response == first.response)
                }
                await #expect(throws: BillingError.capturedAtOutOfRange) {
                    try await client.capture(client.record(at: record.capturedAt))
                }
            }
        }

        @Test("a restarted writer knows the answer though it would refuse the request now")
        func afterRestart() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(1)
                let record = client.record()
                let first = try await client.capture(record)
                try await bench.withOtherLedger { restarted in
                    let second = try await client.capture(record, with: restarted)
                    #expect(second.isReplay)
                    #expect(second.response == first.response)
                    await #expect(throws: LogError.keyReused) {
                        try await client.capture(client.record(record.id, lines: 9), with: restarted)
                    }
                }
            }
        }

        @Test("a refusal rests on what another writer has appended meanwhile")
        func staleRefusal() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                await #expect(throws: CreditError.insufficientCredits(available: .zero)) { try await client.capture() }
                try await bench.withOtherLedger { other in
                    await #expect(throws: CreditError.insufficientCredits(available: .zero)) {
                        try await client.capture(client.record(), with: other)
                    }
                    try await client.grant(1)
                    try await client.capture(client.record(), with: other)
                }
                await #expect(throws: CreditError.insufficientCredits(available: .zero)) { try await client.capture() }
            }
        }

        @Test("identifiers belong to their tenant: the same one in two tenants debits both")
        func tenants() async throws {
            try await LedgerTests.shared.use { bench in
                let (first, second) = (Client(bench), Client(bench))
                let record = first.record()
                for client in [first, second] {
                    try await client.grant(2, reference: "order-1", key: "key-1")
                    let answer = try await client.capture(record)
                    #expect(!answer.isReplay)
                    #expect(try await client.balance() == 1)
                }
                let refund = try await first.refund(record, key: "key-1")
                #expect(!refund.isReplay)
                #expect(try await first.balance() == 2)
                #expect(try await second.balance() == 1)
                #expect(try await second.refund(record, key: "key-1").isReplay == false)
            }
        }

        @Test("one key may be used for a hold, a void, a grant and a refund")
        func scopes() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                let record = client.record()
                #expect(try await client.grant(5, key: record.id.lowercaseText).isReplay == false)
                #expect(try await client.capture(record).isReplay == false)
                let hold = try await client.hold(2, key: record.id.lowercaseText)
                #expect(!hold.isReplay)
                #expect(try await client.voidHold(hold.holdID, key: record.id.lowercaseText).isReplay == false)
                #expect(try await client.refund(record, key: record.id.lowercaseText).isReplay == false)
            }
        }

        @Test("no key that a client chose stands in the database")
        func keysAreHashed() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5, key: "canary-grant-key")
                try await client.hold(1, key: "canary-hold-key")
                let owner = try await bench.database.connect(role: .superuser)
                let found = try await owner.query(
                    """
                    SELECT (SELECT count(*) FROM zentriq.outcomes o WHERE o::text LIKE '%canary%')
                        + (SELECT count(*) FROM zentriq.events e WHERE e::text LIKE '%canary%')
                        + (SELECT count(*) FROM zentriq.streams s WHERE s::text LIKE '%canary%')
                    """)
                #expect(try found.only().int64(0) == 0)
                await owner.close()
            }
        }
    }
}
