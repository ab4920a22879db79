package import Postgres
package import Sealing

/// A version of the key-encryption key, as the log has it.
package struct KeyEpoch: Sendable, Hashable {
    package enum State: String, Sendable {
        /// The one that wraps.
        case active
        /// Unwraps what it wrapped, and wraps nothing more.
        case superseded
        /// Nothing is wrapped with it, and nothing ever will be.
        case retired
    }

    package let version: Int32
    package let state: State
    /// Since when it wraps, or from when on it did.
    package let activatedAt: EventTime
}

/// Which version of the key-encryption key wraps, and which ones wrapped before. The database refuses what another one
/// wrapped: a service that has missed a rotation learns of it then.
package struct KeyEpochs: Sendable {
    private let log: LogID
    private let pool: PostgresPool

    /// - Parameter pool: with the gateway's role, or that of retention.
    package init(log: LogID, pool: PostgresPool) {
        self.log = log
        self.pool = pool
    }

    /// The oldest first; none as long as nothing was wrapped.
    package func all() async throws -> [KeyEpoch] {
        try await pool.query(Self.select, [.int4(log.rawValue)]).map(KeyEpoch.init)
    }

    /// Looks which version wraps, and for versions that are not at hand.
    @discardableResult
    package func refresh(_ keys: KeyEncryptionKeys) async throws -> [KeyEpoch] {
        let epochs = try await all()
        try await keys.reload()
        if let active = epochs.last(where: { $0.state == .active }) { keys.use(active.version) }
        return epochs
    }

    /// Carries out what wraps a key and writes it, again if the version has just changed.
    package func wrapping<Value>(
        with keys: KeyEncryptionKeys, _ body: () async throws -> Value
    ) async throws -> Value {
        for _ in 1..<Self.wrappingAttempts {
            do { return try await body() } catch let error as PostgresError where error.constraint == Self.refusal {
                try await refresh(keys)
            } catch SealingError.noVersion {
                // The version that wrapped here was retired.
                try await refresh(keys)
            }
        }
        return try await body()
    }

    private static let refusal = "key_epoch_active"
    private static let wrappingAttempts = 3

    static let select = Statement(
        "SELECT version, state, activated_at FROM zentriq.key_encryption_keys WHERE log_id = $1 ORDER BY version")
}

extension KeyEpoch {
    // The optimizer of Swift 6.3 crashes on functions that wait and have this inlined.
    @inline(never)
    init(_ row: Row) throws {
        guard let state = State(rawValue: try row.string(1)) else {
            throw LogError.corrupt("a key epoch has an unknown state")
        }
        self.init(
            version: try row.int32(0), state: state, activatedAt: EventTime(microseconds: try row.timestamp(2)))
    }
}

extension LogReader {
    package var keyEpochs: KeyEpochs { KeyEpochs(log: log, pool: pool) }
}
