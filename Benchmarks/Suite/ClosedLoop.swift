import BenchmarkReport
import Foundation

/// Runs loads by wrk against the gateway, and sees to it that afterwards everything is as the answers say.
struct ClosedLoop: Sendable {
    let gateway: Gateway
    let server: Server
    let accounts: Accounts
    let invariants: Invariants
    let tool: Tool
    let folder: String

    func run(_ load: Load, seconds: Int) async throws -> LoadSample {
        let before = try await invariants.count()
        let wal = try await server.walBytes()
        let disk = try await server.diskBytes()
        let processor = (gateway: Usage.of(gateway.process), postgres: Usage.ofFamily(server.postmaster))
        let result = try await wrk(load, seconds: seconds, url: gateway.url)
        // What an operation costs is complete only when all that follows from it is done.
        try await server.waitUntilQuiet()
        var sample = result.sample
        let operations = Double(sample.operations)
        sample.cost = LoadSample.Cost(
            gateway: (Usage.of(gateway.process) - processor.gateway) / operations,
            postgres: (Usage.ofFamily(server.postmaster) - processor.postgres) / operations,
            wal: Double(try await server.walBytes() - wal) / operations,
            disk: Double(try await server.diskBytes() - disk) / operations)
        try await invariants.check(load, result, since: before)
        return sample
    }

    /// - Parameter url: of the gateway, or of what it is compared with.
    func wrk(_ load: Load, seconds: Int, url: String) async throws -> ToolOutput.Wrk {
        let output = try await tool.run(
            "wrk",
            ["-t1", "-c\(Load.connections)", "-d\(seconds)s", "--timeout", "10s", "-s", "\(folder)/requests.lua", url],
            [
                "LOAD_KIND": load.kind.rawValue, "LOAD_TOKENS": accounts.file, "LOAD_ACCOUNTS": String(load.accounts),
                "LOAD_REPEATS": String(load.repeats), "LOAD_PREFIX": Self.prefix(),
            ])
        guard let result = ToolOutput.Wrk(output: output) else { throw BenchFailure("wrk printed: \(output)") }
        guard result.refused == 0, result.broken == 0 else {
            throw BenchFailure(
                "INVARIANT: \(load.name): \(result.refused) requests were refused, \(result.broken) got no answer")
        }
        return result
    }

    /// The first 24 characters of a UUID, version 4, that no run has used.
    private static func prefix() -> String {
        String(UUID().uuidString.lowercased().prefix(24))
    }
}
