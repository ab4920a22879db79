package import Postgres
package import Sealing

/// Changes the epochs of the key-encryption key and wraps keys anew, on one connection with the role of retention.
package struct KeyEpochDatabase: Sendable {
    /// A page of keys of one version.
    package struct Page: Sendable {
        /// Those that another version wraps now; somebody else may have destroyed or wrapped others meanwhile.
        package let rewrapped: Int
        /// Identifiers of those that did not open, with the reason.
        package let unreadable: [(id: String, reason: SealingError)]
        /// From where the next page goes on. Nil if this was the last.
        package let next: String?
    }

    /// How many keys a version wraps.
    package struct Count: Sendable, Hashable {
        /// The table.
        package let kind: String
        package let version: Int32
        package let count: Int64
    }

    package let log: LogID
    /// Of the log.
    let origin: String
    package let connection: PostgresConnection

    package init(log: LogID, origin: String, connection: PostgresConnection) {
        self.log = log
        self.origin = origin
        self.connection = connection
    }

    /// Makes this connection the one that changes epochs and wraps anew, as long as it lives. False if there is another one.
    package func takeLease() async throws -> Bool {
        try await connection.query(Self.lease, [.int4(log.rawValue)]).only().bool(0)
    }

    package func epochs() async throws -> [KeyEpoch] {
        try await connection.query(KeyEpochs.select, [.int4(log.rawValue)]).map(KeyEpoch.init)
    }

    package func counts() async throws -> [Count] {
        try await connection.query(Self.counts, [.int4(log.rawValue)]).map {
            Count(kind: try $0.string(0), version: try $0.int32(1), count: try $0.int64(2))
        }
    }

    /// The log must have an event that says so.
    package func activate(_ version: Int32) async throws {
        try await connection.query(Self.activate, [.int4(log.rawValue), .int4(version)])
    }

    /// - Returns: how many keys it still wraps; it is retired if that is none.
    package func retire(_ version: Int32) async throws -> Int64 {
        try await connection.query(Self.retire, [.int4(log.rawValue), .int4(version)]).only().int64(0)
    }

    /// Wraps a page of what a version wrapped with the one that wraps now. A statement of its own: what is done is done.
    package func rewrap(
        _ kind: WrappedKeyKind, of version: Int32, after: String, limit: Int32, with keys: KeyEncryptionKeys
    ) async throws -> Page {
        let rows = try await connection.query(
            kind.page, [.int4(log.rawValue), .int4(version), .text(after), .int4(limit)])
        var batch = RewrapBatch()
        var unreadable: [(id: String, reason: SealingError)] = []
        for row in rows {
            let (id, wrapped) = (try row.string(0), WrappedKey(version: version, bytes: try row.bytes(1)))
            do {
                batch.add(id, wrapped, try await keys.rewrap(wrapped, of: try kind.owner(row, origin)))
            } catch let error as SealingError where error == .malformed || error == .notAuthentic {
                unreadable.append((id, error))
            }
        }
        var rewrapped = 0
        if let target = batch.target {
            rewrapped = try await connection.query(
                kind.replace,
                [
                    .int4(log.rawValue), .int4(target), .textArray(batch.ids), .byteaArray(batch.old),
                    .byteaArray(batch.new),
                ]
            ).affected
        }
        let next = rows.count < Int(limit) ? nil : try rows.last?.string(0)
        return Page(rewrapped: rewrapped, unreadable: unreadable, next: next)
    }

    private static let lease = Statement("SELECT zentriq.take_key_lease($1)")
    private static let counts = Statement("SELECT kind, version, count FROM zentriq.count_wrapped_keys($1)")
    private static let activate = Statement("SELECT zentriq.activate_key_epoch($1, $2)")
    private static let retire = Statement("SELECT zentriq.retire_key_epoch($1, $2)")
}
