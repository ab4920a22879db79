import ArgumentParser

struct WitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness",
        abstract: "Let somebody else see that the log only grows (C2SP tlog-witness).",
        discussion: """
            A witness cosigns a checkpoint if it continues the one that it cosigned last. Whoever demands its cosignature \
            can't be shown another history than everybody else. It is worth as much as it is independent of the log: \
            other hands, another machine.
            """,
        subcommands: [ServeWitness.self, PushToWitness.self])
}
