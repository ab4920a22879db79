import BillingTesting
import Testing

/// Against a real PostgreSQL, one test after the other. Tests that need a log of their own make one.
@Suite("The credit ledger", .serialized, .timeLimit(.minutes(10)))
struct LedgerTests {
    static let shared = SharedBench()
}
