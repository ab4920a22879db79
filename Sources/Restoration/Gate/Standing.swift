package import EventStore

/// How a log stands to its ledger.
package enum Standing: Sendable, Equatable {
    /// Neither has anything.
    case beginning
    /// The log continues what the ledger knows of, by so many events.
    case current(ahead: Int64)
    /// The ledger tells of more than the log has.
    case behind(size: Int64, ledger: Int64)
    /// The two differ, from some position on.
    case otherHistory(size: Int64, ledger: Int64)
    /// The log says of itself that it was restored after what the ledger tells of was lost.
    case applying(from: LogPosition)

    /// Whether anything may be served.
    package var isOpen: Bool { refusal == nil }

    package var refusal: RestoreRefusal? {
        switch self {
        case .beginning, .current: nil
        case .behind(let size, let ledger): .behind(size: size, ledger: ledger)
        case .otherHistory(let size, let ledger): .otherHistory(size: size, ledger: ledger)
        case .applying: .applying
        }
    }
}
