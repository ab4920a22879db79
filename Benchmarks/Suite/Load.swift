/// A closed loop of requests: 64 connections, each with the next request as soon as it has its answer.
struct Load: Sendable {
    static let connections = 64

    enum Kind: String {
        case capture, check, balance, mixed, get
    }

    var name: String
    var kind: Kind
    var accounts = 1_000
    var repeats = 0.0
    /// What this load appends with each request: whose costs are per debit, and whose invariants count debits.
    var debits: Bool { kind == .capture || kind == .mixed }
}
