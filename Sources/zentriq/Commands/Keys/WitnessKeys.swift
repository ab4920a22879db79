import ArgumentParser

struct WitnessKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness", abstract: "The key that a witness cosigns with.",
        discussion: """
            Its name is a URL without scheme, and no log's. It is used for nothing else, and by one witness only.
            """,
        subcommands: [GenerateWitnessKey.self, ShowWitnessKey.self])
}
