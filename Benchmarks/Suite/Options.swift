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
    @Option(help: "Length of a load in seconds (default: 8, or 2 with --quick).") var seconds: Int?
    @Option(help: "Parts to run, comma-separated (default: all).") var only: String?

    @Option(help: "Sizes of the logs for growth, comma-separated, in events.", transform: sizes)
    var growth: [Int] = [100_000, 1_000_000, 10_000_000]

    enum Part: String, CaseIterable {
        case loads, latency, bulk, replay, growth, memory
    }

    var loadSeconds: Int { seconds ?? (quick ? 2 : 8) }

    /// Growth and what needs a large log take longer than a quick run may.
    func runs(_ part: Part) -> Bool {
        guard let only else { return !quick || (part != .growth && part != .memory) }
        return only.split(separator: ",").contains { $0 == part.rawValue }
    }

    /// Events of the log that is replayed where there is none of growth.
    var replaySize: Int { quick ? 100_000 : 1_000_000 }

    private static func sizes(_ text: String) throws -> [Int] {
        let sizes = text.split(separator: ",").compactMap { Int($0) }
        guard !sizes.isEmpty, sizes.allSatisfy((30_000...100_000_000).contains) else {
            throw ValidationError("--growth takes numbers from 30000 to 100000000.")
        }
        return sizes.sorted()
    }

    func validate() throws {
        guard (1...9).contains(rounds) else { throw ValidationError("--rounds is from 1 to 9.") }
        guard (1...600).contains(loadSeconds) else { throw ValidationError("--seconds is from 1 to 600.") }
        for part in only?.split(separator: ",") ?? [] where Part(rawValue: String(part)) == nil {
            let parts = Part.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--only knows \(parts); not \(part).")
        }
    }
}
