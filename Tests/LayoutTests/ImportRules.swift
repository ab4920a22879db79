/// Which of our targets and which other modules a target may import.
struct ImportRule {
    let target: String
    let ours: Set<String>
    /// `nil`: anything that is not ours. A set: these only, so that no I/O and no clock gets in.
    let others: Set<String>?

    init(_ target: String, ours: Set<String> = [], others: Set<String>? = nil) {
        self.target = target
        self.ours = ours
        self.others = others
    }

    /// Lowest first: a target may only name targets above it.
    static let all = [
        ImportRule("CPostgres", others: []),
        ImportRule("Postgres", ours: ["CPostgres"]),
        ImportRule("CanonicalJSON", others: []),
        ImportRule("TransparencyLog", others: ["Crypto"]),
        ImportRule("CreditDomain", others: []),
        ImportRule("EventStore", ours: ["Postgres", "CanonicalJSON", "TransparencyLog"]),
        ImportRule("Billing", ours: ["EventStore", "CreditDomain", "CanonicalJSON", "TransparencyLog"]),
        ImportRule(
            "Projections",
            ours: ["Billing", "EventStore", "CreditDomain", "CanonicalJSON", "Postgres", "TransparencyLog"]),
        ImportRule(
            "Verification",
            ours: ["Billing", "EventStore", "CreditDomain", "CanonicalJSON", "Postgres", "TransparencyLog"]),
        ImportRule("SecretFiles"),
        ImportRule(
            "AuditLog",
            ours: ["Billing", "EventStore", "Postgres", "CanonicalJSON", "SecretFiles", "TransparencyLog"]),
        ImportRule("Identity", ours: ["SecretFiles"]),
        ImportRule("Telemetry"),
        ImportRule("Edge", ours: ["CanonicalJSON"]),
        ImportRule(
            "Gateway",
            ours: [
                "AuditLog", "Billing", "CanonicalJSON", "CreditDomain", "Edge", "EventStore", "Identity", "Postgres",
                "Projections", "Telemetry", "TransparencyLog", "Verification",
            ]),
        ImportRule("Witness", ours: ["Edge", "TransparencyLog"]),
        ImportRule(
            "zentriq",
            ours: [
                "AuditLog", "Billing", "CanonicalJSON", "CreditDomain", "Edge", "EventStore", "Gateway", "Identity",
                "Postgres", "Projections", "SecretFiles", "Telemetry", "TransparencyLog", "Verification",
                "Witness",
            ]),
    ]

    static let ourTargets = Set(all.map(\.target))

    func allows(_ module: String) -> Bool {
        if Self.ourTargets.contains(module) { return ours.contains(module) }
        return others?.contains(module) ?? true
    }
}
