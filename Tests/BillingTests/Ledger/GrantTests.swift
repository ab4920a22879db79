import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Testing

extension LedgerTests {
    @Suite("Grants and registrations")
    struct GrantTests {
        @Test("a grant is told with its number; a repeat gets the same bytes and grants nothing")
        func repeats() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(1)
                let first = try await client.grant(10, reference: "order-1", key: "k")
                #expect(first["units"] == "10")
                #expect(first["reference"] == "order-1")
                #expect(first["available"] == "11")
                let second = try await client.grant(10, reference: "order-1", key: "k")
                #expect(second.isReplay)
                #expect(second.response == first.response)
                #expect(try await client.balance() == 11)
            }
        }

        static let otherOrders: [@Sendable (Client) async throws -> Void] = [
            { try await $0.grant(11, reference: "order-1", key: "k") },
            { try await $0.grant(10, reference: "order-2", key: "k") },
            { try await $0.grant(10, reference: "order-1", source: .manual, key: "k") },
            { try await $0.grant(10, reference: "order-1", priority: 99, key: "k") },
            { try await $0.grant(10, reference: "order-1", effective: $0.now, key: "k") },
            { try await $0.grant(10, reference: "order-1", expires: $0.now.adding(seconds: 60), key: "k") },
            { client in
                try await Client(client.bench, tenant: client.tenant, product: .agent)
                    .grant(10, reference: "order-1", key: "k")
            },
        ]

        @Test("the same key with another order is refused", arguments: otherOrders.indices)
        func otherOrder(index: Int) async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(10, reference: "order-1", key: "k")
                await #expect(throws: LogError.keyReused) { try await Self.otherOrders[index](client) }
                #expect(try await client.balance() == 10)
            }
        }

        @Test("a reference is granted once in its account, whatever the key")
        func uniqueReference() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(10, reference: "order-1")
                await #expect(throws: CreditError.duplicateReference) {
                    try await client.grant(10, reference: "order-1")
                }
                try await Client(bench, tenant: client.tenant, product: .agent).grant(10, reference: "order-1")
                try await Client(bench).grant(10, reference: "order-1")
                #expect(try await client.balance() == 10)
            }
        }

        /// Times that RFC 3339 has no text for, and characters that JSON (RFC 7493) has no place for.
        static let unreadable: [(effective: Int64, expires: Int64, reference: String)] = [
            (0, .max, "r"), (-62_000_000_000_000_000, 4_000_000_000_000_000, "r"),
            (0, 253_402_300_800_000_000, "r"), (0, 4_000_000_000_000_000, "a\u{0}b"),
            (0, 4_000_000_000_000_000, "\u{FFFE}"),
        ]

        @Test("what couldn't be read again is refused before it is written", arguments: unreadable.indices)
        func refusesUnreadable(index: Int) async throws {
            let (effective, expires, reference) = Self.unreadable[index]
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                await #expect(throws: EventDecodingError.self) {
                    try await client.grant(
                        1, reference: reference, effective: Timestamp(microseconds: effective),
                        expires: Timestamp(microseconds: expires))
                }
                try await client.grant(1, reference: "fine \"\\ \u{1F600}\u{2028}")
                #expect(try await client.state().grants.count == 1)
            }
        }

        @Test("a grant in the future counts as balance and can't be spent before")
        func effectiveLater() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                try await client.grant(5, effective: try client.now.adding(seconds: 60))
                #expect(try await client.balance() == 5)
                await #expect(throws: CreditError.insufficientCredits(available: .zero)) { try await client.capture() }
                bench.clock.advance(seconds: 60)
                try await client.capture()
            }
        }

        @Test("a tenant and a subject are registered once, however often they are told")
        func registers() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                let size = try await bench.size()
                let subjects = [ActorHandle(UUID()), ActorHandle(UUID())]
                for subject in subjects + [nil] + subjects {
                    try await bench.ledger.register(tenant: client.tenant, subject: subject, by: Client.requester)
                }
                try await bench.withOtherLedger { restarted in
                    try await restarted.register(tenant: client.tenant, subject: subjects[0], by: Client.requester)
                }
                #expect(try await bench.size() == size + 3)
                #expect(try await client.events(Streams.tenant).map(\.type) == ["tenant.registered"])
                for subject in subjects {
                    #expect(try await client.events(Streams.subject(subject)).map(\.type) == ["subject.registered"])
                }
            }
        }

        @Test("a tenant's first grant registers it, its second does not")
        func grantRegisters() async throws {
            try await LedgerTests.shared.use { bench in
                let client = Client(bench)
                let size = try await bench.size()
                try await client.grant(1)
                try await client.grant(1)
                try await Client(bench, tenant: client.tenant, product: .agent).grant(1)
                #expect(try await client.events(Streams.tenant).count == 1)
                #expect(try await bench.size() == size + 4)
            }
        }
    }
}
