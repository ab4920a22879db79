import ArgumentParser

@main
struct Zentriq: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zentriq",
        abstract: "Event-sourced billing and audit for prepaid credits, on PostgreSQL.",
        discussion: """
            Configuration stands in environment variables that begin with ZENTRIQ_ (README.md lists them).
            Exit codes: 0 done; 1 failed; 2 the log or a projection is not what it should be; 3 the database was \
            restored from a backup, and what was erased since must be erased again; 64 wrong arguments; 69 the database can't be reached; 78 wrong configuration.
            """,
        subcommands: [
            Serve.self, Dev.self, Migrate.self, Token.self, Status.self, Rebuild.self, ReplayCommand.self, Explain.self,
            Keys.self, Tiles.self, Verify.self, WitnessCommand.self, RetentionCommand.self, SweepCommand.self,
            PrivacyCommand.self, EraseCommand.self, Maintenance.self, RestoreCommand.self, StaffCommand.self,
        ])

    static func main() async {
        CoreDumps.forbid()
        await main(nil)
    }
}
