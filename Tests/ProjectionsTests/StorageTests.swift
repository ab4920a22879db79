import BillingTesting
import Testing

/// Against a real PostgreSQL, one test after the other. Tests that need a log of their own make one.
@Suite("Projections, balances and replay", .serialized, .timeLimit(.minutes(10)))
struct StorageTests {
    static let shared = SharedBench()
}
