import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Testing

extension LedgerTests {
    @Suite("Captures")
    struct CaptureTests {
        @Test("a successful capture is recorded and costs one credit, in two events next to each other")
        func success() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(3)
                let record = client.record()
                let answer = try await client.capture(record)
                #expect(answer["debited"] == "1")
                #expect(answer["available"] == "2")
                #expect(answer["capture_id"] == record.id.lowercaseText)
                #expect(answer["product"] == "punchout")
                #expect(!answer.isReplay)

                let debit = try #require(try await client.events(client.account.stream).last)
                let capture = try #require(try await client.events(Streams.captures(.punchout)).last)
                #expect(answer["positions", "debit"] == String(debit.position.rawValue))
                #expect(answer["positions", "capture"] == String(capture.position.rawValue))
                #expect(capture.position.rawValue == debit.position.rawValue + 1)
                #expect(try DomainEvent(capture) == .capture(record))
                let debited = Debited(
                    debit: DebitID(record.id.lowercaseText), units: Credits(1),
                    allocations: [Allocation(grant: GrantNumber(1), units: Credits(1))], hold: nil)
                #expect(try DomainEvent(debit) == .credit(.debited(debited)))
                let person = try await client.person()
                for event in [debit, capture] {
                    #expect(event.actor == person.actor)
                    #expect(event.request == Client.requester.request)
                    #expect(event.recordedAt == bench.clock.now)
                }
                #expect(debit.retention == .billing)
                #expect(capture.retention == .capture)
            }
        }

        @Test("a failed capture is recorded and costs nothing, even without credits")
        func failure() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                let answer = try await client.capture(client.record(outcome: .failure))
                #expect(answer["debited"] == "0")
                #expect(answer["positions", "debit"] == nil)
                #expect(try await client.events(Streams.captures(.punchout)).count == 1)
                #expect(try await client.movements().isEmpty)
            }
        }

        @Test("a capture without credits is refused, and nothing of it is recorded")
        func insufficientCredits() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(1)
                try await client.capture()
                await #expect(throws: CreditError.insufficientCredits(available: .zero)) {
                    try await client.capture()
                }
                #expect(try await client.events(Streams.captures(.punchout)).count == 1)
                #expect(try await client.balance() == 0)
            }
        }

        @Test("a refused capture can be repeated with the same identifier once there are credits")
        func refusalIsNoOutcome() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                let record = client.record()
                await #expect(throws: CreditError.self) { try await client.capture(record) }
                try await client.grant(1)
                let answer = try await client.capture(record)
                #expect(!answer.isReplay)
                #expect(answer["debited"] == "1")
            }
        }

        @Test("200 parallel captures on 50 credits: exactly 50 succeed, and nothing is left")
        func parallelOverdraft() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(50)
                let successes = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<200 {
                        group.addTask {
                            do {
                                try await client.capture()
                                return true
                            } catch CreditError.insufficientCredits(available: .zero) {
                                return false
                            }
                        }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(successes == 50)
                #expect(try await client.balance() == 0)
                #expect(try await client.events(Streams.captures(.punchout)).count == 50)
            }
        }

        static let hour: Int64 = 3_600_000_000
        static let window: [(microseconds: Int64, isAccepted: Bool)] = [
            (-24 * hour, true), (-24 * hour - 1, false), (300_000_000, true), (300_000_001, false), (0, true),
            (-100_000 * hour, false), (100_000 * hour, false),
        ]

        @Test("captured_at is accepted from 24 hours ago to 5 minutes ahead, to the microsecond", arguments: window)
        func capturedAt(microseconds: Int64, isAccepted: Bool) async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(1)
                let time = Timestamp(microseconds: bench.clock.now.microseconds + microseconds)
                if isAccepted {
                    try await client.capture(client.record(at: time))
                } else {
                    await #expect(throws: BillingError.capturedAtOutOfRange) {
                        try await client.capture(client.record(at: time))
                    }
                    #expect(try await client.balance() == 1)
                }
            }
        }

        @Test("captured_at may be any number", arguments: [Int64.min, Int64.max])
        func capturedAtExtreme(microseconds: Int64) async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                await #expect(throws: BillingError.capturedAtOutOfRange) {
                    try await client.capture(client.record(at: Timestamp(microseconds: microseconds)))
                }
            }
        }

        @Test("the accounts of two products are apart")
        func products() async throws {
            try await LedgerTests.shared.use { bench in
                let punchout = Client(bench)
                let agent = Client(bench, tenant: punchout.tenant, product: .agent)
                try await punchout.grant(1)
                await #expect(throws: CreditError.insufficientCredits(available: .zero)) { try await agent.capture() }
                try await agent.grant(5)
                try await agent.capture()
                #expect(try await punchout.balance() == 1)
                #expect(try await agent.balance() == 4)
            }
        }
    }
}
