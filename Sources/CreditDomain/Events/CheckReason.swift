/// Why a check was answered with no.
public enum CheckReason: String, Sendable, CaseIterable {
    /// Fewer credits are available than were asked about.
    case insufficientCredits = "insufficient_credits"
}
