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
        Progress.say("begins")
        let tool = Tool(folder: URL(filePath: options.state))
        let server = try await Server.connect(database: "zentriq")
        var report = Report()
        report.environment = try await Machine.facts(options, server)
        try await server.fillSegments()
        _ = try LogKeyFile.signer(in: options.state)
        if options.runs(.loads) || options.runs(.latency) { try await overHTTP(tool, server, &report) }
        if options.runs(.bulk) {
            let bulk = try await Bulk.make(tool, options)
            report.loads += try await bulk.run(rounds: options.rounds, captures: options.quick ? 20_000 : 50_000)
        }
        if options.runs(.replay) || options.runs(.growth) || options.runs(.memory) {
            try await onLargeLogs(tool, &report)
        }
        report.figures = Figures.all(report.loads, options.growth) + report.figures
        report.environment.append(Report.Fact("load after", Machine.loadAverage() ?? "unknown"))
        return report
    }

    private func overHTTP(_ tool: Tool, _ server: Server, _ report: inout Report) async throws {
        let port = try Ports.free()
        let empty = try tool.start("empty", CommandLine.arguments[0], ["empty", "--port", String(port)])
        try await Ready.wait(for: "http://127.0.0.1:\(port)/") { empty.isRunning }
        let floor = try await Floor.make(server, tool: tool, folder: options.load)
        try await Session.with(database: "zentriq", tool, options) { session in
            let loads = Loads(
                options: options, floor: floor, loop: session.loop, emptyURL: "http://127.0.0.1:\(port)")
            if options.runs(.loads) { report.loads += try await loads.run() }
            if options.runs(.latency) {
                let latency = Latency(options: options, session: session)
                let measured = report.loads.first { $0.name == Loads.uniform.name }?.median { $0.rate }
                report.loads += try await latency.run(maximum: measured)
            }
        }
        try await tool.stop(empty)
    }

    /// What is measured on logs that are filled by COPY.
    private func onLargeLogs(_ tool: Tool, _ report: inout Report) async throws {
        let sizes = options.runs(.growth) || options.runs(.memory) ? options.growth : [options.replaySize]
        let growth = try await Growth.make(sizes, tool, options)
        if options.runs(.replay), let member = growth.members.last(where: { $0.size <= 1_000_000 }) {
            report.loads += try await Replaying(log: member.log, tool: tool).run(rounds: options.rounds)
        }
        if options.runs(.growth) { report.loads += try await growth.run(rounds: options.rounds) }
        if options.runs(.memory), let largest = growth.members.last {
            report.figures.append(try await Memory(member: largest, options: options).run(tool))
        }
        await growth.close()
    }
}
