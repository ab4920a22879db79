import Postgres

extension PostgresError {
    /// Lock and statement time-outs, serialization failures, deadlocks: nothing is wrong with the batch.
    var isWorthRetrying: Bool {
        guard let sqlState else { return false }
        return sqlState.hasPrefix("40") || sqlState == "55P03" || sqlState == "57014"
    }
}
