import Billing
import BillingTesting
import CreditDomain
import EventStore
import Testing

extension LedgerTests {
    @Suite("Refunds")
    struct RefundTests {
        @Test("a debit is given back once: the same key gets the same bytes, another key is refused")
        func once() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5)
                let capture = try await client.capture()
                let other = try await client.capture()
                let answer = try await client.refund(capture, key: "r")
                #expect(answer["refunded"] == "1")
                #expect(answer["available"] == "4")
                #expect(answer["lapsed"] == "0")
                #expect(answer["capture_id"] == capture.id.lowercaseText)
                let refunded = try #require(try await client.events(client.account.stream).last)
                #expect(answer["position"] == String(refunded.position.rawValue))

                let repeated = try await client.refund(capture, key: "r")
                #expect(repeated.isReplay)
                #expect(repeated.response == answer.response)
                await #expect(throws: CreditError.alreadyRefunded) { try await client.refund(capture, key: "s") }
                await #expect(throws: LogError.keyReused) { try await client.refund(other, key: "r") }
                #expect(try await client.balance() == 4)
            }
        }

        @Test("a restarted writer knows what was given back")
        func afterRestart() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(1)
                let capture = try await client.capture()
                let answer = try await client.refund(capture, key: "r")
                try await bench.withOtherLedger { restarted in
                    func refund(_ key: String) async throws -> Accepted {
                        try await restarted.refund(
                            capture: capture.id.lowercaseText, of: client.tenant, idempotencyKey: key,
                            by: Client.requester)
                    }
                    await #expect(throws: CreditError.alreadyRefunded) { try await refund("s") }
                    let repeated = try await refund("r")
                    #expect(repeated.response == answer.response)
                }
                #expect(try await client.balance() == 1)
            }
        }

        @Test("50 parallel refunds under different keys give back once")
        func parallel() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5)
                let capture = try await client.capture()
                let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<50 {
                        group.addTask {
                            do {
                                return try await client.refund(capture, key: "r-\(number)").isReplay == false
                            } catch CreditError.alreadyRefunded {
                                return false
                            }
                        }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(accepted == 1)
                #expect(try await client.balance() == 5)
            }
        }

        @Test("there is nothing to give back of a capture that never was, failed, or is another tenant's")
        func unknown() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5)
                let failed = client.record(outcome: .failure)
                try await client.capture(failed)
                let stranger = Client(bench)
                try await stranger.grant(5)
                let foreign = try await stranger.capture()
                for record in [client.record(), failed, foreign] {
                    await #expect(throws: BillingError.unknownDebit) { try await client.refund(record) }
                }
                #expect(try await stranger.balance() == 4)
            }
        }

        @Test("what goes back to a grant that has expired lapses at once, for everyone to see")
        func intoExpiredGrant() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5, expires: try client.now.adding(seconds: 3_600))
                let capture = try await client.capture()
                bench.clock.advance(seconds: 3_600)
                let answer = try await client.refund(capture)
                #expect(answer["refunded"] == "1")
                #expect(answer["lapsed"] == "1")
                #expect(answer["available"] == "0")
                let events = try await client.movements()
                let one = [Allocation(grant: GrantNumber(1), units: Credits(1))]
                #expect(
                    events.suffix(3) == [
                        .grantExpired(GrantNumber(1), Credits(4)),
                        .refunded(
                            Refunded(debit: DebitID(capture.id.lowercaseText), units: Credits(1), allocations: one)),
                        .grantExpired(GrantNumber(1), Credits(1)),
                    ])
                let refund = try #require(try await client.events(client.account.stream).dropLast().last)
                #expect(answer["position"] == String(refund.position.rawValue))
            }
        }

        @Test("a capture that was paid from a hold is given back too")
        func fromHold() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench, product: .agent)
                try await client.grant(5)
                let capture = try await client.capture(hold: try await client.hold(3).holdID)
                let answer = try await client.refund(capture)
                #expect(answer["product"] == "agent")
                #expect(try await client.available() == 5)
            }
        }
    }
}
