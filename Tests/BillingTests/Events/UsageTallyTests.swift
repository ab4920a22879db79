import Billing
import CreditDomain
import EventStore
import Foundation
import Testing

@Suite("What is told of a day's captures")
struct UsageTallyTests {
    @Test(
        "a host is named when enough people of enough tenants used it",
        arguments: [
            (people: 5, tenants: 3, isNamed: true), (5, 5, true), (4, 4, false), (5, 2, false), (50, 1, false),
            (1, 1, false),
        ])
    func threshold(people: Int, tenants: Int, isNamed: Bool) {
        let companies = (0..<tenants).map { _ in TenantID(UUID()) }
        var tally = UsageTally()
        for person in 0..<people {
            tally.add(
                Self.capture("shop.example.com"), of: companies[person % tenants], by: ActorHandle(UUID()))
        }
        let expected = [UsageCounts.Cell(vendorHost: "shop.example.com", outcome: .success, captures: Int64(people))]
        #expect(tally.cells == (isNamed ? expected : []))
    }

    @Test("one person who captures a thousand carts is one person")
    func manyOfOne() {
        var tally = UsageTally()
        for _ in 0..<1_000 { tally.add(Self.capture("shop.example.com"), of: Self.tenant, by: Self.actor) }
        #expect(tally.cells.isEmpty)
    }

    @Test("hosts that are too small are added up, by outcome, without their names")
    func rest() {
        var tally = UsageTally()
        for number in 0..<6 {
            tally.add(Self.capture("shop\(number).example.com"), of: TenantID(UUID()), by: ActorHandle(UUID()))
            tally.add(
                Self.capture("big.example.com", .failure), of: TenantID(UUID()), by: ActorHandle(UUID()))
        }
        tally.add(Self.capture("lonely.example.com", .failure), of: Self.tenant, by: Self.actor)
        #expect(
            tally.cells == [
                UsageCounts.Cell(vendorHost: "big.example.com", outcome: .failure, captures: 6),
                UsageCounts.Cell(vendorHost: nil, outcome: .success, captures: 6),
            ])
    }

    private static let tenant = TenantID(UUID())
    private static let actor = ActorHandle(UUID())

    private static func capture(_ host: String, _ outcome: CaptureRecord.Outcome = .success) -> CaptureRecord {
        CaptureRecord(
            id: UUID(), product: .punchout, vendorHost: host, lineCount: 1, capturedAt: Timestamp(microseconds: 0),
            outcome: outcome)
    }
}
