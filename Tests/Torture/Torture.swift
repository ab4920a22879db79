import ArgumentParser

@main
struct Torture: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture",
        abstract: "Break everything around the service while clients use it, and check that it kept its promises.",
        discussion: "Run it with ops/torture, which prepares what it needs.",
        subcommands: [RunFaults.self, ListFaults.self, Overload.self], defaultSubcommand: RunFaults.self)
}

struct ListFaults: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The faults there are.")

    func run() {
        let width = Fault.all.map(\.name.count).max() ?? 0
        for fault in Fault.all {
            print(fault.name + String(repeating: " ", count: width + 2 - fault.name.count) + fault.summary)
        }
    }
}
