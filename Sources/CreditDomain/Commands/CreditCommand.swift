/// What may be asked of a credit account. The limits of all arguments are in ``CreditLimits``.
public enum CreditCommand: Sendable, Equatable {
    /// May so many credits be spent? Answered by an event, and never refused for a lack of credits.
    case check(units: Credits)
    /// Set credits aside for a while.
    case hold(id: HoldID, units: Credits, timeToLiveSeconds: Int64)
    /// End a hold without spending it.
    case voidHold(HoldID)
    /// Spend credits: of the hold, if there is one, which ends then; or else of what is available.
    case debit(id: DebitID, units: Credits, hold: HoldID?)
    /// Give back all that a debit took.
    case refund(Debit)
    /// Give credits.
    case grant(GrantRequest)
    /// Record only what time has made due. The background pass, for accounts nobody uses.
    case settle
}
