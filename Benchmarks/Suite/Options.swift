import ArgumentParser

/// What a run measures, and for how long.
struct Options: ParsableArguments {
    @Option(help: "The folder for everything that is written.") var state: String
    @Option(help: "The executable of the service.") var service: String
    @Option(help: "The folder with wrk's script and pgbench's statements.") var load: String
    @Option(help: "Commit and version, for the table.") var commit = "unknown"
    @Flag(help: "Short rounds, and only what can be measured in them.") var quick = false
    @Flag(help: "Print JSON.") var json = false
    @Option(help: "Rounds of every load.") var rounds = 3
    @Option(help: "Length of a load in seconds (default: 8, or 3 with --quick).") var seconds: Int?
    @Option(help: "Parts to run, comma-separated (default: all).") var only: String?

    static let parts = ["loads"]

    var loadSeconds: Int { seconds ?? (quick ? 3 : 8) }

    func runs(_ part: String) -> Bool {
        guard let only else { return true }
        return only.split(separator: ",").contains { $0 == part }
    }

    func validate() throws {
        guard (1...9).contains(rounds) else { throw ValidationError("--rounds is from 1 to 9.") }
        guard (1...600).contains(loadSeconds) else { throw ValidationError("--seconds is from 1 to 600.") }
        for part in only?.split(separator: ",") ?? [] where !Self.parts.contains(String(part)) {
            throw ValidationError("--only knows \(Self.parts.joined(separator: ", ")), not \(part).")
        }
    }
}
