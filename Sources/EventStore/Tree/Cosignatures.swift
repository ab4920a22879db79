package import Postgres
package import TransparencyLog

/// What witnesses have seen of the log: the newest checkpoint that each has cosigned (C2SP tlog-cosignature).
package struct Cosignatures: Sendable {
    package struct Entry: Sendable, Equatable {
        package let witness: NoteVerifier
        /// With the signatures of the log and of the witness.
        package let checkpoint: SignedCheckpoint
        /// When it was stored.
        package let seenAt: EventTime
    }

    let log: LogID
    let pool: PostgresPool

    package init(log: LogID, pool: PostgresPool) {
        self.log = log
        self.pool = pool
    }

    package init(reader: LogReader) {
        self.init(log: reader.log, pool: reader.pool)
    }

    /// Keeps a checkpoint that a witness has cosigned, in the place of an older one. One that is older than what is
    /// kept changes nothing. `pool` with the gateway's role.
    ///
    /// - Throws: `NoteVerificationError` if the witness's cosignature is not there or does not hold. The signature of
    ///   the log is the caller's to check.
    package func add(_ checkpoint: SignedCheckpoint, by witness: NoteVerifier) async throws {
        _ = try checkpoint.note.verify(with: [witness])
        _ = try await pool.query(
            Self.add,
            [
                .int4(log.rawValue), .text(witness.text), .int8(Int64(checkpoint.unverified.size)),
                .text(String(decoding: checkpoint.encoded(), as: UTF8.self)),
            ])
    }

    /// One entry for each witness, the newest checkpoint first.
    package func all() async throws -> [Entry] {
        try await pool.query(Self.all, [.int4(log.rawValue)]).map(Entry.init)
    }

    /// The newest checkpoint that a witness has cosigned. Nil if it has none.
    package func newest(by witness: NoteVerifier) async throws -> Entry? {
        try await pool.query(Self.byWitness, [.int4(log.rawValue), .text(witness.text)]).first.map(Entry.init)
    }

    /// The newest checkpoint that any witness has cosigned, with the cosignatures of all that have cosigned it: one
    /// note. Nil if none has cosigned any.
    package func newest() async throws -> SignedCheckpoint? {
        let rows = try await pool.query(Self.newest, [.int4(log.rawValue)]).map(Entry.init)
        guard var merged = rows.first?.checkpoint else { return nil }
        for entry in rows.dropFirst() {
            guard entry.checkpoint.unverified == merged.unverified else {
                throw LogError.corrupt("witnesses have cosigned two trees of size \(merged.unverified.size)")
            }
            for signature in entry.checkpoint.note.signatures { try merged.add(signature) }
        }
        return merged
    }
}

extension Cosignatures.Entry {
    init(_ row: Row) throws {
        witness = try NoteVerifier(parsing: try row.string(0))
        checkpoint = try SignedCheckpoint(parsing: Array(try row.string(1).utf8))
        seenAt = EventTime(microseconds: try row.timestamp(2))
    }
}

extension Cosignatures {
    private static let add = Statement("SELECT zentriq.add_cosignature($1, $2, $3, $4)")
    private static let all = Statement(
        """
        SELECT witness, checkpoint, seen_at FROM zentriq.cosignatures WHERE log_id = $1
        ORDER BY size DESC, witness COLLATE "C"
        """)
    private static let byWitness = Statement(
        "SELECT witness, checkpoint, seen_at FROM zentriq.cosignatures WHERE log_id = $1 AND witness = $2")
    private static let newest = Statement(
        """
        SELECT witness, checkpoint, seen_at FROM zentriq.cosignatures
        WHERE log_id = $1 AND size = (SELECT max(size) FROM zentriq.cosignatures WHERE log_id = $1)
        ORDER BY witness COLLATE "C"
        """)
}
