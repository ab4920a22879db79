/// What credits are spent on. It describes a check or a debit and does not change how one is decided.
public enum Product: String, Sendable, CaseIterable {
    /// The browser extension that captures shopping carts.
    case punchout
    /// The AI agent inside the ERP.
    case agent
}
