package import Postgres
import TransparencyLog

/// Which key followed which: what lets somebody who trusts the first key of a log trust the newest.
package struct LogKeyHistory: Sendable {
    let log: LogID
    let pool: PostgresPool

    package init(log: LogID, pool: PostgresPool) {
        self.log = log
        self.pool = pool
    }

    package init(reader: LogReader) {
        self.init(log: reader.log, pool: reader.pool)
    }

    /// Lets another key sign from now on. The head's own checkpoint, signed with both keys, is the evidence, and what
    /// the log serves until the next append. `pool` with the owner's role.
    ///
    /// - Returns: the hand-over, a note.
    package func handOver(to signer: LogSigner, dryRun: Bool = false) async throws -> String {
        while true {
            let head = try await pool.withConnection { connection in
                try await LogDatabase(log: log, connection: connection, deadline: .seconds(10)).readHead()
            }
            let old = try NoteVerifier(parsing: head.signer)
            guard old.key.name.text == signer.origin else { throw LogKeyRefusal.otherOrigin(old.key.name.text) }
            guard old != signer.verifier else { throw LogKeyRefusal.sameKey }
            let checkpoint = try SignedCheckpoint(parsing: Array(head.checkpoint.utf8))
            _ = try TrustPolicy(log: old).verify(checkpoint)
            let handover = String(decoding: try signer.countersign(checkpoint).encoded(), as: UTF8.self)
            if dryRun { return handover }
            let isDone = try await pool.query(
                Self.handOver,
                [
                    .int4(log.rawValue), .int8(Int64(head.tree.size)), .text(head.signer),
                    .text(signer.verifier.text), .text(handover),
                ]
            ).only().bool(0)
            if isDone { return handover }
        }
    }

    /// One key followed another.
    package struct Handover: Sendable {
        /// Verifier keys.
        package let old: String
        package let new: String
        /// Signed by both.
        package let note: String

        package init(old: String, new: String, note: String) {
            self.old = old
            self.new = new
            self.note = note
        }
    }

    /// All hand-overs, the first one first.
    package func all() async throws -> [Handover] {
        try await pool.query(Self.keys, [.int4(log.rawValue)]).map {
            Handover(old: try $0.string(0), new: try $0.string(1), note: try $0.string(2))
        }
    }

    private static let keys = Statement(
        "SELECT old_signer, new_signer, checkpoint FROM zentriq.handovers WHERE log_id = $1 ORDER BY number")
    private static let handOver = Statement("SELECT zentriq.hand_over($1, $2, $3, $4, $5)")
}

/// Why a key can't take over.
package enum LogKeyRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// The log's origin, which the new key's name is not.
    case otherOrigin(String)
    case sameKey

    package var description: String {
        switch self {
        case .otherOrigin(let origin): "the new key's name must be the log's origin, \(origin)"
        case .sameKey: "that key signs already"
        }
    }
}
