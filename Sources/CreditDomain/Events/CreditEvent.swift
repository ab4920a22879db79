/// What happened to a credit account.
public enum CreditEvent: Sendable, Hashable {
    /// Credits were given.
    case granted(Granted)
    /// Credits were set aside.
    case held(HoldPlaced)
    /// A hold ended by request; all of it is free again.
    case holdVoided(HoldID)
    /// A hold ended because its time to live passed; all of it is free again.
    case holdExpired(HoldID)
    /// Credits were spent. If a hold was captured, it ended here: what it reserved beyond the units is free again.
    case debited(Debited)
    /// Credits went back to the grants they came from.
    case refunded(Refunded)
    /// All that was left of a grant and not reserved, this many units, lapsed.
    case grantExpired(GrantNumber, Credits)
    /// Somebody asked whether credits may be spent. Changes nothing.
    case checked(Checked)
}
