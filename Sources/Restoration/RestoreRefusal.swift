/// Why nothing may be served, or written, on a database and its erasure ledger.
package enum RestoreRefusal: Error, Sendable, Equatable {
    /// The folder, or a file in it, can't be used: what, and why.
    case unusable(String)
    /// Another process writes to the folder.
    case inUse(String)
    /// The ledger is not what was written: where, and why.
    case damaged(String)
    /// There is nothing in the folder, and something in the log.
    case empty(folder: String)
    /// The log is older than its ledger.
    case behind(size: Int64, ledger: Int64)
    /// Log and ledger have another history from some position on.
    case otherHistory(size: Int64, ledger: Int64)
    /// What was lost is being applied again, and not all of it is.
    case applying
    /// The key that is to sign on has signed what was lost.
    case usedKey(String)
    /// What was erased before is not erased again: which erasure, and why.
    case notErased(String)
}

extension RestoreRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unusable(let reason): "the erasure ledger can't be used: \(reason)"
        case .inUse(let folder): "another process writes to the erasure ledger \(folder) at present"
        case .damaged(let reason): "the erasure ledger can't be believed: \(reason)"
        case .empty(let folder):
            "the erasure ledger \(folder) is empty, and the log is not: name the right folder, or begin the ledger with "
                + "zentriq restore export"
        case .behind(let size, let ledger):
            "the log has \(size) events, and had \(ledger) when its erasure ledger was written: it was restored from a "
                + "backup, which undoes erasures and holds; run: zentriq restore check"
        case .otherHistory(let size, let ledger):
            "the log of \(size) events does not follow from the \(ledger) that its erasure ledger knows: it was restored "
                + "from a backup and written to, or tampered with; run: zentriq restore check"
        case .applying:
            "what was lost by a restore is not applied again completely; run zentriq restore apply once more"
        case .usedKey(let key):
            "the key \(key) has signed events that were lost: to sign others in their place takes a new one, from zentriq "
                + "keys log generate"
        case .notErased(let reason): reason
        }
    }
}
