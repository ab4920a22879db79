import ArgumentParser

/// What is asked for, and where things are; `ops/torture` fills in the latter.
struct Options: ParsableArguments {
    @Option(help: "How many rounds.") var rounds: Int?
    @Option(help: "The seed of everything that is random.") var seed: UInt64?
    @Flag(help: "20 rounds with less load, as the tests run it.") var short = false
    @Option(help: "Run this round only.") var only: Int?
    @Option(help: "Run this fault only; may be repeated.") var fault: [String] = []
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Keep the folder, with the history of every round.") var keep = false

    @Option(help: .hidden) var root: String
    @Option(help: .hidden) var state: String
    @Option(help: .hidden) var executable: String
    @Option(help: .hidden) var disk: String?
    @Option(help: .hidden) var clock: String?

    static let shortRounds = 20
    static let longRounds = 200

    func validate() throws {
        if let rounds, !(1...100_000).contains(rounds) { throw ValidationError("--rounds is from 1 to 100000.") }
        if let only, only < 1 { throw ValidationError("--only is the number of a round, from 1.") }
        for name in fault where Fault.named(name) == nil {
            throw ValidationError("there is no fault \(name); see --list")
        }
    }

    var roundCount: Int { rounds ?? (short ? Self.shortRounds : Self.longRounds) }

    var world: World.Settings {
        World.Settings(root: root, state: state, executable: executable, disk: disk, clock: clock)
    }

    var shape: Load.Shape { short ? Load.Shape(clients: 16, meanPauseMilliseconds: 50) : Load.Shape() }
}
