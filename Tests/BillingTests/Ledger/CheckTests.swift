import Billing
import BillingTesting
import CreditDomain
import EventStore
import Testing

extension LedgerTests {
    @Suite("Checks")
    struct CheckTests {
        @Test("a check is an event and changes no balance, a thousand times")
        func changesNothing() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(10)
                let before = try await client.state()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<1_000 {
                        group.addTask {
                            let answer = try await client.check(Int64(number % 20 + 1))
                            #expect(answer.isAllowed == (number % 20 < 10))
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await client.state() == before)
                let checks = try await client.events(Streams.usage(.punchout))
                #expect(checks.count == 1_000)
                #expect(checks.allSatisfy { $0.type == "credit.checked" && $0.retention == .usage })
                #expect(try await client.movements().count == 1)
            }
        }

        @Test(
            "the answer tells what is available and held, and why it is no",
            arguments: [
                (Int64(6), true, nil), (7, false, "insufficient_credits"),
            ])
        func answers(units: Int64, isAllowed: Bool, reason: String?) async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(10)
                try await client.hold(4)
                let answer = try await client.check(units)
                #expect(answer.isAllowed == isAllowed)
                #expect(answer["available"] == "6")
                #expect(answer["held"] == "4")
                #expect(answer["reason"] == reason)
                let stored = try #require(try await client.events(Streams.usage(.punchout)).last)
                #expect(answer["position"] == String(stored.position.rawValue))
                let checked = Checked(
                    units: Credits(units), allowed: isAllowed, available: Credits(6), held: Credits(4),
                    reason: reason.flatMap(CheckReason.init))
                #expect(try DomainEvent(stored) == .credit(.checked(checked)))
            }
        }

        @Test("an account that nothing is known of has nothing")
        func unknownAccount() async throws {
            try await LedgerTests.shared.use { bench in
                let answer = try await Client(bench).check()
                #expect(answer.isAllowed == false)
                #expect(answer["available"] == "0")
            }
        }

        @Test("amounts out of range are refused and leave no event", arguments: [Int64.min, -1, 0, 1_000_000_001])
        func outOfRange(units: Int64) async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                let size = try await bench.size()
                await #expect(throws: CreditError.unitsOutOfRange) { try await client.check(units) }
                #expect(try await bench.size() == size)
            }
        }
    }
}
