package import HTTPTypes
import Synchronization

/// Admits each tenant's requests at a rate with bursts, and says so in the headers of
/// draft-ietf-httpapi-ratelimit-headers.
///
/// The table is bounded. When it is full, tenants whose bucket is full again are forgotten, which changes nothing for
/// them; if there is none, a tenant not in the table is refused until there is: the table full of spent buckets is
/// itself the overload.
package final class TenantRateLimiter: Sendable {
    package struct Limits: Sendable {
        package var requestsPerSecond: Int
        package var burst: Int
        package var maximumTenants: Int

        /// - Precondition: all are positive, rate and burst at most 1,000,000.
        package init(requestsPerSecond: Int = 1_000, burst: Int = 5_000, maximumTenants: Int = 100_000) {
            precondition((1...1_000_000).contains(requestsPerSecond) && (1...1_000_000).contains(burst))
            precondition(maximumTenants > 0)
            self.requestsPerSecond = requestsPerSecond
            self.burst = burst
            self.maximumTenants = maximumTenants
        }
    }

    private struct Table {
        var buckets: [String: TokenBucket] = [:]
        /// When the next look for full buckets is worth the time.
        var nextSweep: Int64 = .min
    }

    /// Looking through a full table takes milliseconds; an attack must not make every request pay for it.
    private static let sweepIntervalNanoseconds: Int64 = 100_000_000

    private let limits: Limits
    private let policy: TokenBucket.Policy
    private let policyHeader: String
    private let now: @Sendable () -> Int64
    private let table = Mutex(Table())

    /// - Parameter now: nanoseconds of a monotonic clock.
    package init(limits: Limits = Limits(), now: @escaping @Sendable () -> Int64 = TenantRateLimiter.monotonicNow) {
        self.limits = limits
        self.now = now
        policy = TokenBucket.Policy(ratePerSecond: Int64(limits.requestsPerSecond), burst: Int64(limits.burst))
        policyHeader = "\"tenant\";q=\(policy.burst);w=\(policy.windowSeconds)"
    }

    /// Counts one request of `tenant`.
    ///
    /// - Returns: `RateLimit-Policy` and `RateLimit`, for the answer.
    /// - Throws: `rate-limited` with the same headers and `Retry-After`; `overloaded` where the table is full.
    package func admit(tenant: String) throws(ProblemDetails) -> HTTPFields {
        let now = now()
        let (isAdmitted, bucket) = table.withLock { table -> (Bool, TokenBucket?) in
            guard var bucket = table.buckets[tenant] ?? newBucket(&table, at: now) else { return (false, nil) }
            let isAdmitted = bucket.take(policy, at: now)
            table.buckets[tenant] = bucket
            return (isAdmitted, bucket)
        }
        var headers: HTTPFields = [.rateLimitPolicy: policyHeader]
        guard let bucket else {
            headers[.retryAfter] = "1"
            throw ProblemDetails(.overloaded, detail: "Too many tenants are active.", headers: headers)
        }
        if isAdmitted {
            let reset = Self.seconds(bucket.nanosecondsUntilFull(policy))
            headers[.rateLimit] = "\"tenant\";r=\(bucket.remaining);t=\(reset)"
            return headers
        }
        let wait = Self.seconds(bucket.nanosecondsUntilToken(policy))
        headers[.rateLimit] = "\"tenant\";r=0;t=\(wait)"
        headers[.retryAfter] = String(wait)
        throw ProblemDetails(
            .rateLimited, detail: "At most \(limits.requestsPerSecond) requests a second are admitted.",
            headers: headers)
    }

    /// Tenants in the table; for tests and metrics.
    package var tenantCount: Int { table.withLock { $0.buckets.count } }

    package static let monotonicNow: @Sendable () -> Int64 = {
        let start = ContinuousClock.now
        return { (ContinuousClock.now - start).wholeNanoseconds }
    }()

    /// Nil if the table is full of buckets that are in use.
    private func newBucket(_ table: inout Table, at now: Int64) -> TokenBucket? {
        if table.buckets.count >= limits.maximumTenants {
            guard now >= table.nextSweep else { return nil }
            table.nextSweep = now + Self.sweepIntervalNanoseconds
            table.buckets = table.buckets.filter { !$0.value.isFull(policy, at: now) }
            guard table.buckets.count < limits.maximumTenants else { return nil }
        }
        return TokenBucket(full: policy, at: now)
    }

    /// Whole seconds, rounded up.
    private static func seconds(_ nanoseconds: Int64) -> Int64 {
        (nanoseconds + 999_999_999) / 1_000_000_000
    }
}
