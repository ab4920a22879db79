import AuditLog
import Billing
import CreditDomain
import EventStore
import Foundation
import Sealing

/// A log whose writer is at work in this process.
struct WorkingLog: Sendable {
    private static let grantsAtOnce = 1_024
    private static let patience = Duration.seconds(60)

    let writer: CreditLedger.Writer
    let ledger: CreditLedger
    let subjects: SubjectDirectory

    func waitUntilOpen() async throws {
        let deadline = ContinuousClock.now + Self.patience
        while !writer.isOpen {
            guard ContinuousClock.now < deadline else { throw BenchFailure("a writer does not begin to work") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// One person of each of these tenants.
    func people(of tenants: [TenantID]) async throws -> [SubjectKey] {
        var people: [SubjectKey] = []
        for tenant in tenants { people.append(try await subjects.subject(of: tenant.rawValue, in: tenant)) }
        return people
    }

    /// Records that many captures, so many at once, by these people in turn.
    func capture(_ count: Int, atOnce: Int, by people: [SubjectKey]) async throws {
        let now = Timestamp(microseconds: WallClock.system.now().microseconds)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<atOnce {
                group.addTask {
                    for number in stride(from: worker, to: count, by: atOnce) {
                        let record = CaptureRecord(
                            id: UUID(), product: .punchout, vendorHost: "www.galaxus.ch", lineCount: 3, capturedAt: now,
                            outcome: .success)
                        _ = try await ledger.capture(
                            CaptureRequest(
                                tenant: people[number % people.count].owner, capture: record, hold: nil),
                            by: Requester(people[number % people.count], request: UUID()))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Gives each of them credits.
    func grant(_ units: Int64, to tenants: [TenantID]) async throws {
        // The writer's queue has a limit.
        for start in stride(from: 0, to: tenants.count, by: Self.grantsAtOnce) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for tenant in tenants[start..<min(start + Self.grantsAtOnce, tenants.count)] {
                    group.addTask {
                        let grant = GrantRequest(source: .purchase, reference: "bench", units: Credits(units))
                        _ = try await ledger.grant(
                            GrantOrder(tenant: tenant, product: .punchout, grant: grant), idempotencyKey: "bench",
                            by: Requester(actor: nil, request: nil))
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
