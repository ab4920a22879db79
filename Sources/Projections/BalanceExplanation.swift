package import CreditDomain
package import EventStore

/// Which events make a balance what it is, and whether they do.
package struct BalanceExplanation: Sendable {
    /// An event of the account, with what it left behind.
    package struct Line: Sendable, Equatable {
        package let position: LogPosition
        package let time: EventTime
        /// As in the statement: `grant`, `debit`, `refund`, `expiry`, `hold`, `hold_voided`, `hold_expired`.
        package let kind: String
        package let units: Int64
        /// Of the balance. Zero for holds: they only set credits aside.
        package let change: Int64
        /// The sum of all changes so far.
        package let balance: Int64
        /// What open holds set aside so far.
        package let held: Int64
        package let reference: String?
    }

    package let account: StreamKey
    package internal(set) var lines: [Line] = []
    /// What the lines add up to.
    package var sum: Int64 { lines.last?.balance ?? 0 }
    /// The account of the moment that is explained, folded from its events by the code that decides on them.
    package internal(set) var folded = AccountState()
    /// When holds and expiries of the folded account are looked at.
    package internal(set) var time: Timestamp
    /// The balance that live decisions rest on: that of now, whatever moment is explained.
    package internal(set) var inline: Credits?
    /// What all events of the account fold to, as far as the inline balance goes.
    package internal(set) var newest: Credits?
    /// What does not fit together; empty if all does.
    package internal(set) var contradictions: [String] = []

    /// Whether the lines, the fold and the balance that decisions rest on agree.
    package var holds: Bool { contradictions.isEmpty }
}
