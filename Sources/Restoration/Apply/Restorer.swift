package import AuditLog
package import Billing
package import EventStore
import Foundation
import Retention
import TransparencyLog

/// Does again what a restore has undone, as new events of the restored log. What was done already is left as it is, so it
/// can be interrupted anywhere and run again.
package struct Restorer: Sendable {
    /// Tries of an erasure that waits for its entries to be kept: padding and tiles take one each.
    private static let rounds = 5

    private let reader: LogReader
    private let ledger: CreditLedger
    private let erasures: ErasureLedger
    private let policies: PolicyRegister
    private let holds: HoldRegister
    private let driver: ErasureDriver
    private let sweeper: Sweeper
    private let vault: TokenVault
    private let staff: AccessEnder?
    private let tiles: TileBuilder
    private let clock: WallClock

    /// What was done.
    package struct Outcome: Sendable {
        package let plan: RestorePlan
        /// Events.
        package let swept: Int64
        /// Stored tokens that were destroyed.
        package let tokens: Int
        /// Accesses of staff that were revoked; nil where nobody could.
        package let accesses: Int?
    }

    private static let requester = Requester(actor: nil, request: nil)

    /// - Parameters:
    ///   - ledger: whose writer has a key that has signed nothing of what was lost.
    ///   - driver: without a ledger of its own: what it does is in one.
    ///   - staff: nil where the role that ends accesses of staff is not configured.
    package init(
        reader: LogReader, ledger: CreditLedger, erasures: ErasureLedger, driver: ErasureDriver, sweeper: Sweeper,
        vault: TokenVault, staff: AccessEnder?, tiles: TileBuilder, clock: WallClock
    ) {
        self.reader = reader
        self.ledger = ledger
        self.erasures = erasures
        policies = PolicyRegister(reader: reader)
        holds = HoldRegister(reader: reader)
        self.driver = driver
        self.sweeper = sweeper
        self.vault = vault
        self.staff = staff
        self.tiles = tiles
        self.clock = clock
    }

    /// What is to be done, as the log is now.
    package static func plan(
        _ lost: Ledger, from: LogPosition, reader: LogReader, erasures: ErasureLedger, clock: WallClock
    ) async throws -> RestorePlan {
        var known = RestorePlan.Known()
        if try await reader.exists() {
            known.policyVersion = try await PolicyRegister(reader: reader).inForce()?.policy.version
            known.holds = try await HoldRegister(reader: reader).all().entries
            for erasure in try LostErasure.all(in: lost.entries) {
                known.erasures[erasure.begun.request] = try await erasures.erasure(erasure.begun.request)?.process
            }
        }
        return try RestorePlan(lost.entries, from: from, known: known, now: clock.now())
    }

    /// Records that the log was restored, ends what must not go on from a backup (stored tokens, accesses of staff), and
    /// does all of the plan.
    ///
    /// - Parameter progress: called before each step; what it throws ends it there.
    /// - Throws: ``RestoreRefusal/notErased(_:)`` if something could not be done. Nothing after it is done then.
    package func apply(
        _ lost: Ledger, from: LogPosition, progress: @Sendable (RestorePlan.Step) throws -> Void = { _ in }
    ) async throws -> Outcome {
        try await record(LogRestored(from: from, lost: lost.checkpoint, signer: lost.signer))
        let tokens = try await vault.destroyRestored()
        let accesses = try await staff?.endAll()
        try await tiles.catchUp()
        let plan = try await Self.plan(lost, from: from, reader: reader, erasures: erasures, clock: clock)
        for step in plan.steps {
            try progress(step)
            try await carryOut(step)
        }
        return Outcome(
            plan: plan, swept: try await sweeper.run().total, tokens: tokens, accesses: accesses)
    }

    private func record(_ restored: LogRestored) async throws {
        let known = try await reader.stream(StreamKey(.system, Streams.restoration), of: .system)
        for event in known {
            if case .restored(let other) = try DomainEvent(event), other.lost == restored.lost { return }
        }
        _ = try await ledger.record(
            restored.newEvent, in: Streams.restoration, after: known.last?.version ?? .none, by: Self.requester)
    }

    private func carryOut(_ step: RestorePlan.Step) async throws {
        switch step.action {
        case .adopt(let policy): _ = try await policies.adopt(policy, with: ledger, by: Self.requester)
        case .place(let hold): try await holds.place(hold, now: clock.now(), with: ledger, by: Self.requester)
        case .release(let release): try await holds.release(release, with: ledger, by: Self.requester)
        case .erase(let lost): try await erase(lost)
        }
    }

    /// Up to where it was before. Whoever has answered before is not asked again: nothing was restored there.
    private func erase(_ lost: LostErasure) async throws {
        try await erasures.begin(again: lost.begun, lostAt: lost.position)
        guard let stage = lost.process.stage else { return }
        var driver = driver
        driver.isKeptOutside = nil
        driver.patienceSeconds = 0
        driver.knownReceipts = lost.process.receipts
        if stage >= .subscriptionCancelled { driver.callBacks.removeAll { $0.action == .cancelSubscription } }
        var reached: ErasureStage?
        for _ in 0..<Self.rounds {
            reached = try await driver.advance(lost.begun.request, upTo: stage)?.process.stage
            if let reached, reached >= stage { return }
            try await tiles.catchUp()
        }
        throw RestoreRefusal.notErased(
            "the erasure \(lost.begun.request.lowercaseText) had come to \(stage.name), and comes to "
                + "\(reached?.name ?? "nothing") now")
    }
}
