import Billing
import EventStore
import Metrics
import Retention

extension TokenVault {
    /// Destroys tokens that nobody has used for ``VaultLimits/unusedDays``: what was used on a day is kept through the day
    /// that many days later, and goes from the next midnight on, UTC. Can be stopped at any point and run again.
    ///
    /// - Returns: how many.
    @discardableResult
    package func sweep() async throws -> Int {
        let cutoff = CivilDay(of: clock.now()).adding(days: -VaultLimits.unusedDays).start
        let count = try await destroy(unusedSince: cutoff) { .expired($0.token, lastUsed: $0.usedAt) }
        try await quota.forget(before: clock.now().adding(seconds: -86_400))
        Counter(label: "zentriq_vault_destroyed_total", dimensions: [("reason", "expired")]).increment(by: count)
        return count
    }

    /// Destroys every token of a database that was restored from a backup. The identity provider has seen newer
    /// generations of them and takes their use for theft; and who has disconnected since, the backup does not know.
    ///
    /// - Returns: how many.
    package func destroyRestored() async throws -> Int {
        try await destroy(unusedSince: Self.always) { .disconnected($0.token, .restored) }
    }

    /// After any time that there can be in a row: the first day of the year 9999.
    private static let always = EventTime(microseconds: 253_370_764_800_000_000)

    private func destroy(unusedSince time: EventTime, _ event: (TokenRow) -> TokenEvent) async throws -> Int {
        var count = 0
        while true {
            let unused = try await store.unused(since: time, limit: Self.sweepBatch)
            for (subject, product) in unused {
                try Task.checkCancellation()
                let destroyed = try await end(product, of: subject, by: Requester(actor: nil, request: nil)) { row in
                    row.usedAt < time ? event(row) : nil
                }
                if destroyed != nil { count += 1 }
            }
            if unused.count < Self.sweepBatch { return count }
        }
    }

    /// How many a sweep would destroy now.
    package func dueCount() async throws -> Int {
        let cutoff = CivilDay(of: clock.now()).adding(days: -VaultLimits.unusedDays).start
        return try await store.unusedCount(since: cutoff)
    }
}
