import ArgumentParser
import Gateway
import Postgres

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database up to date with the migrations in schema/.",
        discussion: "Forward only, one at a time under a lock; a changed or missing migration is refused.")

    @Flag(help: "Only show what would be applied.")
    var dryRun = false

    func run() async throws {
        try await reportingFailure {
            let configuration = try Environment.settings.database(.owner, development: !Environment.isProduction)
            let connection = try await PostgresConnection.connect(configuration, logger: Environment.quietLogger)
            let migrator = Migrator(directory: Environment.schemaDirectory())
            if dryRun {
                for migration in try await migrator.pending(on: connection) {
                    print("would apply \(migration.fileName)")
                }
            } else {
                let applied = try await migrator.migrate(on: connection) { print("applied \($0.fileName)") }
                if applied.isEmpty { print("The database is up to date.") }
            }
            await connection.close()
        }
    }
}
