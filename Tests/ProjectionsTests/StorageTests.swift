import Testing

/// Against a real PostgreSQL, one test after the other: each has a database and some connections of its own.
@Suite("Projections, balances and replay", .serialized, .timeLimit(.minutes(2)))
struct StorageTests {}
