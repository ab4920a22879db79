import HTTPTypes
import Synchronization
import Testing

@testable import Edge

@Suite("The tenants' rate limits")
struct TenantRateLimiterTests {
    final class Clock: Sendable {
        private let nanoseconds = Mutex<Int64>(0)
        var now: Int64 { nanoseconds.withLock { $0 } }
        func advance(milliseconds: Int64) { nanoseconds.withLock { $0 += milliseconds * 1_000_000 } }
    }

    private let clock = Clock()

    private func limiter(rate: Int = 10, burst: Int = 20, tenants: Int = 100) -> TenantRateLimiter {
        let clock = clock
        return TenantRateLimiter(
            limits: .init(requestsPerSecond: rate, burst: burst, maximumTenants: tenants), now: { clock.now })
    }

    private func refusal(_ limiter: TenantRateLimiter, _ tenant: String = "a") -> ProblemDetails? {
        do {
            _ = try limiter.admit(tenant: tenant)
            return nil
        } catch {
            return error
        }
    }

    @Test("a burst is admitted, then the rate")
    func burst() throws {
        let limiter = limiter()
        for _ in 0..<20 { #expect(refusal(limiter) == nil) }
        #expect(refusal(limiter)?.kind == .rateLimited)
        clock.advance(milliseconds: 99)
        #expect(refusal(limiter) != nil)
        clock.advance(milliseconds: 1)
        #expect(refusal(limiter) == nil)
        #expect(refusal(limiter) != nil)
        clock.advance(milliseconds: 1_000)
        for _ in 0..<10 { #expect(refusal(limiter) == nil) }
        #expect(refusal(limiter) != nil)
    }

    @Test("no token is lost to rounding, however often the limiter is asked")
    func rounding() {
        let limiter = limiter(rate: 3, burst: 1)
        #expect(refusal(limiter) == nil)
        var admitted = 0
        for _ in 0..<10_000 {
            clock.advance(milliseconds: 1)
            if refusal(limiter) == nil { admitted += 1 }
        }
        #expect(admitted == 29 || admitted == 30)
    }

    @Test("a tenant's spending is its own")
    func isolation() {
        let limiter = limiter(burst: 1)
        #expect(refusal(limiter, "a") == nil)
        #expect(refusal(limiter, "a") != nil)
        #expect(refusal(limiter, "b") == nil)
    }

    @Test("the headers tell the policy, what is left and when it comes back")
    func headers() throws {
        let limiter = limiter(rate: 10, burst: 25)
        let first = try limiter.admit(tenant: "a")
        #expect(first[.rateLimitPolicy] == "\"tenant\";q=25;w=3")
        #expect(first[.rateLimit] == "\"tenant\";r=24;t=1")
        for _ in 0..<23 { _ = try limiter.admit(tenant: "a") }
        let last = try limiter.admit(tenant: "a")
        #expect(last[.rateLimit] == "\"tenant\";r=0;t=3")
        let problem = try #require(refusal(limiter))
        #expect(problem.status == .tooManyRequests)
        #expect(problem.headers[.rateLimitPolicy] == "\"tenant\";q=25;w=3")
        #expect(problem.headers[.rateLimit] == "\"tenant\";r=0;t=1")
        #expect(problem.headers[.retryAfter] == "1")
    }

    @Test("Retry-After is long enough")
    func retryAfter() throws {
        let limiter = TenantRateLimiter(
            limits: .init(requestsPerSecond: 1, burst: 1), now: { [clock] in clock.now })
        #expect(refusal(limiter) == nil)
        let seconds = try #require(refusal(limiter)?.headers[.retryAfter].flatMap { Int64($0) })
        clock.advance(milliseconds: seconds * 1_000)
        #expect(refusal(limiter) == nil)
    }

    @Test("the table is bounded: full buckets are forgotten, spent ones are not")
    func bounded() {
        let limiter = limiter(rate: 1, burst: 2, tenants: 3)
        for tenant in ["a", "b", "c"] { #expect(refusal(limiter, tenant) == nil) }
        #expect(limiter.tenantCount == 3)
        #expect(refusal(limiter, "d")?.kind == .overloaded)
        #expect(refusal(limiter, "a") == nil)
        clock.advance(milliseconds: 1_000)
        #expect(refusal(limiter, "d") == nil)
        #expect(limiter.tenantCount == 2)
        #expect(refusal(limiter, "a") == nil)
        #expect(refusal(limiter, "a") != nil)
    }

    @Test("a clock that runs backwards gives nothing and takes nothing")
    func backwards() {
        let policy = TokenBucket.Policy(ratePerSecond: 1, burst: 1)
        var bucket = TokenBucket(full: policy, at: 10_000_000_000)
        let taken = [10_000_000_000, 0, 10_900_000_000, 11_000_000_000].map { bucket.take(policy, at: $0) }
        #expect(taken == [true, false, false, true])
    }

    @Test("a very long pause fills the bucket and overflows nothing")
    func longPause() {
        let policy = TokenBucket.Policy(ratePerSecond: 1_000_000, burst: 1_000_000)
        var bucket = TokenBucket(full: policy, at: 0)
        let taken = [0, Int64.max].map { bucket.take(policy, at: $0) }
        #expect(taken == [true, true])
        #expect(bucket.remaining == 999_999)
    }

    @Test("concurrent requests never get more than the burst")
    func concurrency() async {
        let limiter = limiter(rate: 1, burst: 500)
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<10 {
                group.addTask { (0..<100).count { _ in self.refusal(limiter) == nil } }
            }
            return await group.reduce(0, +)
        }
        #expect(admitted == 500)
    }
}
