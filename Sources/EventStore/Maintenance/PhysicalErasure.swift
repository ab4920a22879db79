package import Postgres

/// Takes out of the database's files what was destroyed in its tables: rows stay in a table's file, in the planner's
/// statistics and in the write-ahead log long after nobody can select them any more. docs/ERASURE.md says what of it is
/// destroyed when.
///
/// Runs as the owner of the tables, beside the service, and can be stopped and run again at any point.
package struct PhysicalErasure: Sendable {
    /// What can't be taken out for now; each with what to do about it.
    package enum Leftover: Sendable, Hashable {
        /// An old transaction, or a replication slot, still sees rows that are gone.
        case seen(table: String)
        /// It could not be locked.
        case inUse(table: String)
        /// A replication slot, the archiver or `wal_keep_size` holds old segments of the write-ahead log.
        case segments(Int)
    }

    package struct Report: Sendable {
        package fileprivate(set) var tables: [MaintainedTable] = []
        /// Of the write-ahead log, that were overwritten.
        package fileprivate(set) var segments = 0
        package fileprivate(set) var leftovers: [Leftover] = []
    }

    /// A table is locked against readers and writers while it is rewritten; while that lock is waited for, everybody else
    /// waits behind.
    private static let lockTimeout = Duration.seconds(3)
    /// To wait for others to let go, in all.
    package static let attempts = 10
    private static let pause = Duration.seconds(3)

    private let configuration: PostgresConfiguration
    private let attempts: Int

    /// - Parameter configuration: with the owner's role.
    package init(configuration: PostgresConfiguration, attempts: Int = Self.attempts) {
        self.attempts = attempts
        var configuration = configuration
        configuration.statementTimeout = .zero
        configuration.serverOptions["lock_timeout"] = "\(Self.lockTimeout / .milliseconds(1))ms"
        self.configuration = configuration
    }

    /// What a run would do; changes nothing.
    package func plan(rewritingEvents: Bool) async throws -> Report {
        try await connected { connection in
            var report = Report()
            report.tables = try await MaintainedTable.all(rewritingEvents: rewritingEvents, on: connection)
            report.segments = try await WriteAheadLog(connection).segments().count
            return report
        }
    }

    /// - Parameters:
    ///   - rewritingEvents: rewrite the events' tables as well. Those of whole months, and appends wait meanwhile.
    ///   - progress: called before each step.
    /// - Throws: ``MissingPrivileges``, before anything is done.
    package func run(
        rewritingEvents: Bool, progress: @Sendable (String) -> Void = { _ in }
    ) async throws -> Report {
        try await connected { connection in
            var report = Report()
            var attempts = attempts
            for table in try await MaintainedTable.all(rewritingEvents: rewritingEvents, on: connection) {
                progress("\(table.treatment.rawValue) \(table.name)")
                if let leftover = try await maintain(table, &attempts, on: connection) {
                    report.leftovers.append(leftover)
                }
                report.tables.append(table)
            }
            let log = WriteAheadLog(connection)
            progress("writing a checkpoint")
            let kept = try await log.checkpoint()
            if kept > 0 { report.leftovers.append(.segments(kept)) }
            report.segments = try await log.overwrite { progress("overwriting the write-ahead log: \($0) of \($1)") }
            return report
        }
    }

    private func maintain(
        _ table: MaintainedTable, _ attempts: inout Int, on connection: PostgresConnection
    ) async throws -> Leftover? {
        while true {
            let leftover = try await once(table, on: connection)
            guard leftover != nil, attempts > 0 else { return leftover }
            attempts -= 1
            try await Task.sleep(for: Self.pause)
        }
    }

    private func once(_ table: MaintainedTable, on connection: PostgresConnection) async throws -> Leftover? {
        do {
            return try await table.maintain(on: connection) ? nil : .seen(table: table.name)
        } catch {
            guard error.sqlState == Self.lockNotAvailable else { throw error }
            return .inUse(table: table.name)
        }
    }

    private static let lockNotAvailable = "55P03"

    private func connected<Value: Sendable>(
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await PostgresConnection.connect(configuration)
        let result: Result<Value, any Error>
        do {
            try await MissingPrivileges.check(on: connection)
            result = .success(try await body(connection))
        } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }
}

extension PhysicalErasure.Leftover: CustomStringConvertible {
    package var description: String {
        switch self {
        case .seen(let table):
            "\(table): an old transaction or a replication slot still sees rows that are gone; "
                + "end it (pg_stat_activity, pg_replication_slots) and run this again"
        case .inUse(let table): "\(table): it was in use all the time; run this again when less is going on"
        case .segments(let count):
            "\(count) old segments of the write-ahead log are kept; see that the archiver and the standbys "
                + "(pg_stat_archiver, pg_replication_slots, wal_keep_size) catch up and run this again"
        }
    }
}
