package import EventStore
package import Postgres
package import Sealing
package import TransparencyLog

/// Verifies a whole log: every row, every stream, every stored answer, the tree with its tiles, the head with its
/// signature, and that it follows from what was seen before. What is appended meanwhile is not looked at.
package struct LogVerifier: Sendable {
    package struct Options: Sendable {
        /// Where to begin; what is before is taken from the tiles.
        package var from = LogPosition(0)
        /// The checkpoint of an earlier run.
        package var seen: SeenCheckpoint?
        /// A key that must sign, or have handed over to the one that does.
        package var key: NoteVerifier?

        package init() {}
    }

    package struct Progress: Sendable {
        package let position: LogPosition
        package let size: LogPosition
    }

    /// Events that are read at once; a multiple of the width of a tile.
    var slice: Int64 = 32_768
    /// Pages of the stored answers that are read at once.
    var answerPages: Int64 = 512

    let log: LogID
    let origin: String
    let pool: PostgresPool
    let keys: SubjectKeys

    /// - Parameters:
    ///   - pool: two connections, of a role that may see all tenants.
    ///   - keys: to open what is sealed. Without them, what is sealed is verified as far as that goes.
    package init(log: LogID, origin: String, pool: PostgresPool, keys: KeyEncryptionKeys?) {
        self.log = log
        self.origin = origin
        self.pool = pool
        self.keys = SubjectKeys(origin: origin, keys: keys)
    }

    package func run(
        _ options: Options = Options(), progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async throws -> VerificationReport {
        do {
            return try await run(options, sorted: false, progress: progress)
        } catch is AnswerCursor.OutOfOrder {
            return try await run(options, sorted: true, progress: progress)
        }
    }

    private func run(
        _ options: Options, sorted: Bool, progress: @escaping @Sendable (Progress) -> Void
    ) async throws -> VerificationReport {
        try await LogSnapshot.with(pool, log: log) { snapshot in
            let pass = try await VerificationPass(
                snapshot, tiles: TreeReader(log: log, pool: pool), origin: origin, from: options.from,
                seen: options.seen, key: options.key, answers: .complete)
            let cursor = try await AnswerCursor(
                snapshot, from: options.from.rawValue, readingAs: sorted ? .sorted : .pages(answerPages))
            let reader = SliceReader(snapshot: snapshot, origin: origin, keys: keys, answers: .all(cursor))
            let size = await pass.size
            try await pass.read(with: reader, upTo: size, slice: slice) {
                progress(Progress(position: LogPosition($0), size: LogPosition(size)))
            }
            return try await pass.finish(snapshot)
        }
    }
}
