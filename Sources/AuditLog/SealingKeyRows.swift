import EventStore
import Postgres
import Sealing

/// Keys that a log has one of, by what they are for: each is made when it is first asked for.
struct SealingKeyRows: Sendable {
    enum Purpose: String {
        case lookup = "subject-lookup"
        case record = "staff-record"
    }

    let log: LogID
    /// With a role that may read `sealing_keys`, and to make one, add to it.
    let pool: PostgresPool

    /// Nil if it was never made.
    func key(_ purpose: Purpose) async throws -> WrappedKey? {
        guard let row = try await pool.query(Self.select, [.int4(log.rawValue), .text(purpose.rawValue)]).first else {
            return nil
        }
        return WrappedKey(version: try row.int32(0), bytes: try row.bytes(1))
    }

    /// Of two who come here at once, one inserts, and both read what that one did.
    func key(
        _ purpose: Purpose, with keys: KeyEncryptionKeys, orMade make: () async throws -> WrappedKey
    ) async throws -> WrappedKey {
        if let known = try await key(purpose) { return known }
        try await KeyEpochs(log: log, pool: pool).wrapping(with: keys) {
            let new = try await make()
            _ = try await pool.query(
                Self.insert,
                [.int4(log.rawValue), .text(purpose.rawValue), .int4(new.version), .bytea(new.bytes)])
        }
        guard let made = try await key(purpose) else { throw LogError.corrupt("a key of the log is gone") }
        return made
    }

    private static let select = Statement(
        "SELECT kek_version, wrapped FROM zentriq.sealing_keys WHERE log_id = $1 AND purpose = $2")
    private static let insert = Statement(
        """
        INSERT INTO zentriq.sealing_keys (log_id, purpose, kek_version, wrapped) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
        """)
}
