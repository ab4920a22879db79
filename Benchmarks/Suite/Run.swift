import ArgumentParser
import BenchmarkReport
import Foundation

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Measure, and print one table.")

    @OptionGroup var options: Options

    func run() async throws {
        do {
            let report = try await measure()
            if options.json {
                FileHandle.standardOutput.write(try report.json() + Data("\n".utf8))
            } else {
                print(report.text)
            }
        } catch let failure as BenchFailure {
            Progress.say(failure.description)
            throw ExitCode(failure.description.hasPrefix("INVARIANT") ? 2 : 1)
        }
    }

    private func measure() async throws -> Report {
        let tool = Tool(folder: URL(filePath: options.state))
        let server = try await Server.connect(database: "zentriq")
        var report = Report()
        report.environment = try await Machine.facts(options, server)
        if options.runs("loads") { try await loads(tool, server, &report) }
        return report
    }

    private func loads(_ tool: Tool, _ server: Server, _ report: inout Report) async throws {
        let gateway = try await Gateway.start(
            tool, service: options.service, database: "zentriq", port: try Ports.free(), state: options.state)
        let accounts = try await Accounts.make(
            Loads.accounts, on: gateway, tool: tool, service: options.service, state: options.state)
        let emptyPort = try Ports.free()
        let empty = try tool.start("empty", CommandLine.arguments[0], ["empty", "--port", String(emptyPort)])
        try await Ready.wait(for: "http://127.0.0.1:\(emptyPort)/") { empty.isRunning }
        let invariants = Invariants(server: server, tool: tool, service: options.service, state: options.state)
        let loads = Loads(
            options: options, floor: try await Floor.make(server, tool: tool, folder: options.load),
            loop: ClosedLoop(
                gateway: gateway, server: server, accounts: accounts, invariants: invariants, tool: tool,
                folder: options.load),
            emptyURL: "http://127.0.0.1:\(emptyPort)")
        report.loads = try await loads.run()
        report.figures += Figures.closedLoops(report.loads)
        try await invariants.verify(from: 0)
        try await tool.stop(empty)
        try await gateway.stop()
    }
}
