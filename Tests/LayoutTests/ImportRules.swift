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
        ImportRule("SecretFiles"),
        ImportRule("DurableFiles", others: ["Dispatch", "Foundation", "Glibc", "Darwin"]),
        ImportRule("Outbound", others: ["AsyncHTTPClient", "Foundation", "NIOCore", "NIOSSL"]),
        ImportRule("Sealing", ours: ["SecretFiles"], others: ["Crypto", "Foundation", "Synchronization"]),
        ImportRule("CPKCS11", others: []),
        ImportRule("TokenKeys", ours: ["CPKCS11", "DurableFiles", "Sealing", "SecretFiles"]),
        ImportRule("EventStore", ours: ["Postgres", "CanonicalJSON", "Sealing", "TransparencyLog"]),
        ImportRule("Retention", ours: ["EventStore", "CanonicalJSON", "TransparencyLog"]),
        ImportRule(
            "Billing",
            ours: ["Retention", "EventStore", "CreditDomain", "CanonicalJSON", "Sealing", "TransparencyLog"]),
        ImportRule(
            "Verification",
            ours: [
                "Billing", "Retention", "EventStore", "CreditDomain", "CanonicalJSON", "Postgres", "Sealing",
                "TransparencyLog",
            ]),
        ImportRule(
            "Projections",
            ours: [
                "Verification", "Billing", "Retention", "EventStore", "CreditDomain", "CanonicalJSON", "Postgres",
                "TransparencyLog",
            ]),
        ImportRule(
            "AuditLog",
            ours: [
                "Billing", "Retention", "EventStore", "Outbound", "Postgres", "CanonicalJSON", "CreditDomain",
                "Sealing",
                "SecretFiles", "TransparencyLog",
            ]),
        ImportRule(
            "Restoration",
            ours: [
                "AuditLog", "Billing", "CanonicalJSON", "DurableFiles", "EventStore", "Retention", "TransparencyLog",
                "Verification",
            ]),
        ImportRule("Identity", ours: ["Outbound", "SecretFiles"]),
        ImportRule("Telemetry"),
        ImportRule("Edge", ours: ["CanonicalJSON"]),
        ImportRule(
            "Gateway",
            ours: [
                "AuditLog", "Billing", "CanonicalJSON", "CreditDomain", "Edge", "EventStore", "Identity", "Outbound",
                "Postgres", "Projections", "Restoration", "Retention", "Sealing", "Telemetry", "TransparencyLog",
                "Verification",
            ]),
        ImportRule("Witness", ours: ["DurableFiles", "Edge", "Outbound", "TransparencyLog"]),
        ImportRule(
            "zentriq",
            ours: [
                "AuditLog", "Billing", "CanonicalJSON", "CreditDomain", "Edge", "EventStore", "Gateway", "Identity",
                "Postgres", "Projections", "Restoration", "Retention", "Sealing", "SecretFiles", "Telemetry",
                "TokenKeys",
                "TransparencyLog", "Verification",
                "Witness",
            ]),
    ]

    static let ourTargets = Set(all.map(\.target))

    func allows(_ module: String) -> Bool {
        if Self.ourTargets.contains(module) { return ours.contains(module) }
        return others?.contains(module) ?? true
    }
}
