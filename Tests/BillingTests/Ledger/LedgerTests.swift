import Testing

/// Against a real PostgreSQL, one test after the other: each has a database and some connections of its own.
@Suite("The credit ledger", .serialized, .timeLimit(.minutes(2)))
struct LedgerTests {}
