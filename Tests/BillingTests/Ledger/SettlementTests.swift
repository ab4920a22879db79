import Billing
import BillingTesting
import CreditDomain
import EventStore
import Postgres
import PostgresTesting
import Testing

extension LedgerTests {
    @Suite("Settlement")
    struct SettlementTests {
        static func service(_ bench: Bench) -> SettlementService {
            SettlementService(
                ledger: bench.ledger, reader: bench.reader, clock: bench.clock.wallClock, logger: bench.logger)
        }

        @Test("a pass writes down what time has made due, and finds nothing more afterwards")
        func writesExpiries() async throws {
            try await Bench.with { bench in
                let (grants, holds, fresh) = (Client(bench), Client(bench, product: .agent), Client(bench))
                try await grants.grant(5, expires: try grants.now.adding(seconds: 60))
                try await holds.grant(7)
                let hold = try await holds.hold(7, seconds: 60).holdID
                try await fresh.grant(9, expires: try grants.now.adding(seconds: 61))
                let service = Self.service(bench)
                bench.clock.advance(microseconds: 60_000_000 - 1)
                #expect(try await service.pass() == SettlementService.Pass())
                bench.clock.advance(microseconds: 1)
                #expect(try await service.pass() == SettlementService.Pass(settled: 2))
                #expect(try await grants.movements().last == .grantExpired(GrantNumber(1), Credits(5)))
                #expect(try await grants.balance() == 0)
                #expect(try await holds.movements().last == .holdExpired(hold))
                #expect(try await holds.available() == 7)
                #expect(try await fresh.balance() == 9)
                let size = try await bench.size()
                #expect(try await service.pass() == SettlementService.Pass())
                #expect(try await bench.size() == size)
                #expect(try await grants.events(grants.account.stream).last?.actor == nil)
            }
        }

        @Test("settling an account that has nothing due appends nothing")
        func nothingDue() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.settle()
                try await client.grant(5)
                try await client.settle()
                #expect(try await client.movements().count == 1)
            }
        }

        @Test("an account that can't be settled does not keep the others from it")
        func damagedAccount() async throws {
            try await Bench.with { bench in
                let (damaged, healthy) = (Client(bench), Client(bench))
                try await damaged.grant(5, expires: try damaged.now.adding(seconds: 30))
                try await healthy.grant(5, expires: try healthy.now.adding(seconds: 60))
                let owner = try await bench.database.connect(role: .owner)
                try await owner.query(
                    "UPDATE zentriq.streams SET state = '{}' WHERE tenant_id = $1 AND stream_id = 'account-punchout'",
                    [.uuid(damaged.tenant.rawValue)])
                await owner.close()
                bench.clock.advance(seconds: 60)
                try await bench.withOtherLedger { restarted in
                    let service = SettlementService(
                        ledger: restarted, reader: bench.reader, clock: bench.clock.wallClock, logger: bench.logger)
                    let pass = try await service.pass()
                    #expect(pass == SettlementService.Pass(settled: 1, failed: 1))
                }
                #expect(try await healthy.balance() == 0)
            }
        }
    }
}
