/// The facts of ``CreditEvent/checked(_:)``: the answer, and the amounts it rests on.
public struct Checked: Sendable, Hashable {
    /// How many credits were asked about; at least 1.
    public let units: Credits
    /// Whether they could have been spent then.
    public let allowed: Bool
    /// What was available.
    public let available: Credits
    /// What holds reserved, which is not available.
    public let held: Credits
    /// Why not, if not.
    public let reason: CheckReason?

    /// The facts as stored.
    public init(units: Credits, allowed: Bool, available: Credits, held: Credits, reason: CheckReason?) {
        self.units = units
        self.allowed = allowed
        self.available = available
        self.held = held
        self.reason = reason
    }

    /// Whether the answer follows from the amounts.
    var isSound: Bool {
        guard units > .zero, available >= .zero, held >= .zero else { return false }
        switch reason {
        case nil: return allowed && units <= available
        case .insufficientCredits: return !allowed && units > available
        }
    }
}
