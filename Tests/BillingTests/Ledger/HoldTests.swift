import Billing
import BillingTesting
import CreditDomain
import EventStore
import Testing

extension LedgerTests {
    @Suite("Holds")
    struct HoldTests {
        @Test("a hold sets credits aside and its answer tells until when; a repeat gets the same bytes")
        func places() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(10)
                let answer = try await client.hold(4, seconds: 60, key: "k")
                #expect(answer["units"] == "4")
                #expect(answer["available"] == "6")
                #expect(answer["expires_at"] == bench.clock.now.adding(seconds: 60).text)
                #expect(try await client.balance() == 10)
                #expect(try await client.available() == 6)
                let repeated = try await client.hold(4, seconds: 60, key: "k")
                #expect(repeated.isReplay)
                #expect(repeated.response == answer.response)
                await #expect(throws: LogError.keyReused) { try await client.hold(5, seconds: 60, key: "k") }
                await #expect(throws: LogError.keyReused) { try await client.hold(4, seconds: 61, key: "k") }
            }
        }

        @Test("what is held can be spent by nothing but its hold")
        func reserves() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(2)
                let hold = try await client.hold(2).holdID
                await #expect(throws: CreditError.insufficientCredits(available: .zero)) { try await client.capture() }
                await #expect(throws: CreditError.insufficientCredits(available: .zero)) { try await client.hold(1) }
                let answer = try await client.capture(client.record(), hold: hold)
                #expect(answer["debited"] == "1")
                #expect(answer["available"] == "1", "the rest of the hold is free again")
                await #expect(throws: CreditError.unknownHold) {
                    try await client.capture(client.record(), hold: hold)
                }
            }
        }

        @Test("a capture from a hold that never was, or of the other product, or of another tenant is refused")
        func foreignHolds() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                let agent = Client(bench, tenant: client.tenant, product: .agent)
                let stranger = Client(bench)
                for each in [client, agent, stranger] { try await each.grant(5) }
                let foreign = [HoldID("none"), try await agent.hold(1).holdID, try await stranger.hold(1).holdID]
                for hold in foreign {
                    await #expect(throws: CreditError.unknownHold) {
                        try await client.capture(client.record(), hold: hold)
                    }
                }
                #expect(try await client.balance() == 5)
            }
        }

        @Test("a void frees the credits, once; a repeat gets the same bytes")
        func voids() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5)
                let hold = try await client.hold(5).holdID
                let answer = try await client.voidHold(hold, key: "v")
                #expect(answer["available"] == "5")
                #expect(answer["product"] == "punchout")
                let voided = try #require(try await client.events(client.account.stream).last)
                #expect(answer["position"] == String(voided.position.rawValue))
                #expect(try DomainEvent(voided) == .credit(.holdVoided(hold)))
                let repeated = try await client.voidHold(hold, key: "v")
                #expect(repeated.isReplay)
                #expect(repeated.response == answer.response)
                await #expect(throws: CreditError.unknownHold) { try await client.voidHold(hold) }
                await #expect(throws: LogError.keyReused) { try await client.voidHold(HoldID("other"), key: "v") }
            }
        }

        @Test("a void finds the product by itself, among those that the caller may spend from")
        func voidsByProduct() async throws {
            try await LedgerTests.shared.use { bench in
                let agent = Client(bench, product: .agent)
                try await agent.grant(5)
                let hold = try await agent.hold(5).holdID
                await #expect(throws: CreditError.unknownHold) {
                    try await agent.voidHold(hold, products: [.punchout])
                }
                await #expect(throws: CreditError.unknownHold) { try await agent.voidHold(hold, products: []) }
                let answer = try await agent.voidHold(hold, products: [.punchout, .agent])
                #expect(answer["product"] == "agent")
            }
        }

        @Test("a hold ends when its time has come, not a microsecond earlier")
        func expires() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5)
                let hold = try await client.hold(5, seconds: 60).holdID
                bench.clock.advance(microseconds: 60_000_000 - 1)
                await #expect(throws: CreditError.insufficientCredits(available: .zero)) { try await client.capture() }
                bench.clock.advance(microseconds: 1)
                await #expect(throws: CreditError.unknownHold) {
                    try await client.capture(client.record(), hold: hold)
                }
                await #expect(throws: CreditError.unknownHold) { try await client.voidHold(hold) }
                let answer = try await client.capture(client.record())
                #expect(answer["available"] == "4")
                let events = try await client.movements()
                #expect(events.contains(.holdExpired(hold)))
                let debit = try #require(try await client.events(client.account.stream).last)
                #expect(answer["positions", "debit"] == String(debit.position.rawValue))
            }
        }

        @Test(
            "bounds of a hold",
            arguments: [
                (Int64(0), Int64(60), CreditError.unitsOutOfRange),
                (6, 60, .insufficientCredits(available: Credits(5))),
                (1, 0, .timeToLiveOutOfRange), (1, 604_801, .timeToLiveOutOfRange),
            ])
        func bounds(units: Int64, seconds: Int64, error: CreditError) async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5)
                await #expect(throws: error) { try await client.hold(units, seconds: seconds) }
                #expect(try await client.movements().count == 1)
            }
        }
    }
}
