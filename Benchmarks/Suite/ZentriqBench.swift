import ArgumentParser

@main
struct ZentriqBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zentriq-bench", abstract: "Measures the service beside what it is compared with.",
        discussion: "Called by ops/bench, which starts the database server and gives its address.",
        subcommands: [Run.self, EmptyServer.self], defaultSubcommand: Run.self)
}
