import Postgres

/// What the write path makes of a failure that certainly appended nothing.
extension PostgresError {
    /// Lock and statement time-outs, serialization failures, deadlocks: nothing is wrong with the batch.
    var isWorthRetrying: Bool {
        guard let sqlState else { return false }
        return sqlState.hasPrefix("40") || sqlState == "55P03" || sqlState == "57014"
    }

    /// check_violation of no constraint that has a name: no partition for the month yet.
    var isMissingPartition: Bool { sqlState == "23514" && constraint == nil }

    /// Data, integrity and size: the server would take the batch without the one command it cannot store.
    var isAboutData: Bool {
        guard let sqlState else { return kind == .invalidParameter || kind == .decoding }
        return ["22", "23", "54"].contains(sqlState.prefix(2))
    }
}
