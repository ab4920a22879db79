import ArgumentParser

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show which events make something what it is.", subcommands: [ExplainBalance.self])
}
