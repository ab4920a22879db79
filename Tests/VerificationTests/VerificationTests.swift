import Testing

/// One after the other: each makes a database of its own.
@Suite("Verification", .serialized)
struct VerificationTests {}
