/// Why a command was refused, an event could not follow, or a snapshot could not be restored.
public enum CreditError: Error, Sendable, Equatable {
    /// Fewer credits are available than were asked for. Nothing was taken.
    case insufficientCredits(available: Credits)
    /// No such hold is open: it never was, or it was voided, captured or expired.
    case unknownHold
    /// More units were to be captured than the hold reserves.
    case holdTooSmall
    /// A hold of this name is open already.
    case holdExists
    /// The account has a grant with this reference already.
    case duplicateReference
    /// The debit was refunded already.
    case alreadyRefunded
    /// The debit does not belong to this account: its grants could not have paid it.
    case unknownDebit
    /// The units are not within ``CreditLimits/units``.
    case unitsOutOfRange
    /// The time to live is not within ``CreditLimits/timeToLiveSeconds``.
    case timeToLiveOutOfRange
    /// The reference's length in UTF-8 is not within ``CreditLimits/referenceBytes``.
    case referenceLengthOutOfRange
    /// A hold's or debit's name has a length in UTF-8 that is not within ``CreditLimits/identifierBytes``.
    case identifierLengthOutOfRange
    /// A grant would expire now or before now.
    case expiryNotInFuture
    /// A grant would expire before it takes effect, or at that instant.
    case expiryBeforeEffective
    /// The account has ``CreditLimits/maximumGrants`` grants.
    case tooManyGrants
    /// The account has ``CreditLimits/maximumOpenHolds`` open holds.
    case tooManyHolds
    /// An amount or a time would not fit, or an amount would be negative.
    case overflow
    /// An event cannot follow on the state before it. A log that holds such an event was not written by
    /// ``decide(_:_:now:)``. The text names the rule, and no data.
    case impossibleEvent(String)
    /// A snapshot is not the state of any account. The text names the broken invariant, and no data.
    case corruptState(String)
}
