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
        var count = 0
        while true {
            let unused = try await store.unused(since: cutoff, limit: Self.sweepBatch)
            for (subject, product) in unused {
                try Task.checkCancellation()
                let expired = try await end(product, of: subject, by: Requester(actor: nil, request: nil)) { row in
                    row.usedAt < cutoff ? .expired(row.token, lastUsed: row.usedAt) : nil
                }
                if expired != nil { count += 1 }
            }
            if unused.count < Self.sweepBatch { break }
        }
        try await quota.forget(before: clock.now().adding(seconds: -86_400))
        Counter(label: "zentriq_vault_destroyed_total", dimensions: [("reason", "expired")]).increment(by: count)
        return count
    }

    /// How many a sweep would destroy now, up to a batch.
    package func dueCount() async throws -> Int {
        let cutoff = CivilDay(of: clock.now()).adding(days: -VaultLimits.unusedDays).start
        return try await store.unused(since: cutoff, limit: Int32.max).count
    }
}
