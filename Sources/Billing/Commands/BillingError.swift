/// Why a command is refused, where the credit domain alone can't say.
package enum BillingError: Error, Sendable, Equatable {
    /// The capture happened too long ago, or lies in the future.
    case capturedAtOutOfRange
    /// No debit of that capture is in the log.
    case unknownDebit
}
