/// Brings a database up to date with a folder of numbered SQL files.
///
/// Forward only: an applied file must never change, which its SHA-256 in `schema_migrations` shows. Each file runs in
/// a transaction of its own together with its record. Processes that migrate at the same time take turns.
package struct Migrator: Sendable {
    /// Where one database stands.
    package struct Status: Sendable {
        package let applied: [Migration]
        package let pending: [Migration]
    }

    private let directory: String

    /// - Parameter directory: the folder with `0001_name.sql` and so on.
    package init(directory: String) {
        self.directory = directory
    }

    /// Applies what is missing.
    ///
    /// - Parameter progress: called after each migration.
    /// - Returns: what was applied now.
    /// - Throws: `MigrationError`, after which everything up to the failed migration remains applied.
    @discardableResult
    package func migrate(
        on connection: PostgresConnection, progress: (Migration) -> Void = { _ in }
    ) async throws -> [Migration] {
        let files = try MigrationFile.load(from: directory)
        // The deadline of each call takes the place of the server's limit, also for the wait for the lock.
        try await connection.script("SET statement_timeout = 0")
        try await connection.query(Self.lock, deadline: Limits.migration)
        let result: Result<[Migration], any Error>
        do {
            result = .success(try await apply(files, on: connection, progress))
        } catch {
            result = .failure(error)
        }
        if connection.isAlive {
            try await connection.run(Self.unlock)
            try await connection.runScript("RESET statement_timeout")
        }
        return try result.get()
    }

    /// - Throws: `MigrationError` when folder and database contradict each other.
    package func status(on connection: PostgresConnection) async throws -> Status {
        let files = try MigrationFile.load(from: directory)
        let exists = try await connection.query(Self.tableExists).only().bool(0)
        let applied = exists ? try await check(files, on: connection).applied : 0
        return Status(
            applied: files.prefix(applied).map(\.migration), pending: files.dropFirst(applied).map(\.migration))
    }

    /// What `migrate` would apply.
    package func pending(on connection: PostgresConnection) async throws -> [Migration] {
        try await status(on: connection).pending
    }

    private func apply(
        _ files: [MigrationFile], on connection: PostgresConnection, _ progress: (Migration) -> Void
    ) async throws -> [Migration] {
        try await connection.script(Self.createTable)
        let (applied, checksums) = try await check(files, on: connection)
        var done: [Migration] = []
        for (file, checksum) in zip(files, checksums).dropFirst(applied) {
            let migration = file.migration
            do {
                try await connection.withTransaction { connection in
                    try connection.runScript(file.text, deadline: Limits.migration)
                    guard connection.isInTransaction else {
                        throw MigrationError(
                            .endsTransaction, "migration \(migration.fileName) ends its transaction; remove COMMIT")
                    }
                    try connection.run(
                        Self.record, [.int4(Int32(migration.number)), .text(migration.name), .text(checksum)])
                }
            } catch let error as PostgresError {
                throw MigrationError(.failed, "migration \(migration.fileName) failed: \(error)", underlying: error)
            }
            done.append(migration)
            progress(migration)
        }
        return done
    }

    /// Compares the database's record with the files.
    private func check(
        _ files: [MigrationFile], on connection: PostgresConnection
    ) async throws -> (applied: Int, checksums: [String]) {
        let checksums = try await connection.query(
            Self.checksums, [.byteaArray(files.map { Array($0.text.utf8) })]
        ).map { row throws(PostgresError) in try row.string(0) }
        let records = try await connection.query(Self.records)
        for (index, record) in records.enumerated() {
            let migration = try Migration(number: Int(record.int32(0)), name: record.string(1))
            guard migration.number == index + 1 else {
                throw MigrationError(
                    .outOfOrder, "schema_migrations lacks number \(index + 1); restore the database from a backup")
            }
            guard index < files.count, files[index].migration == migration else {
                throw MigrationError(
                    .missing, "migration \(migration.fileName) is applied but not in \(directory); restore the file")
            }
            guard try record.string(2) == checksums[index] else {
                throw MigrationError(
                    .changed, "migration \(migration.fileName) changed after it was applied; restore it, add a new one")
            }
        }
        return (records.count, checksums)
    }

    /// Any number will do that nothing else locks: "zentriq" in ASCII.
    private static let lock: Statement = "SELECT pg_advisory_lock(34451472233163121)"
    private static let unlock: Statement = "SELECT pg_advisory_unlock(34451472233163121)"
    private static let tableExists: Statement = "SELECT to_regclass('public.schema_migrations') IS NOT NULL"
    private static let createTable = """
        SET client_min_messages = warning;
        CREATE TABLE IF NOT EXISTS public.schema_migrations (
            number integer PRIMARY KEY,
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        );
        RESET client_min_messages
        """
    private static let records: Statement =
        "SELECT number, name, checksum FROM public.schema_migrations ORDER BY number"
    private static let record: Statement =
        "INSERT INTO public.schema_migrations (number, name, checksum) VALUES ($1, $2, $3)"
    private static let checksums: Statement = """
        SELECT encode(sha256(content), 'hex')
        FROM unnest($1::bytea[]) WITH ORDINALITY AS file (content, number) ORDER BY number
        """
}
