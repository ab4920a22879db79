import BenchmarkReport
import EventStore
import Foundation
import Postgres

/// What the service holds in memory on a large log, while all its accounts are at work.
struct Memory: Sendable {
    let member: Growth.Member
    let options: Options

    func run(_ tool: Tool) async throws -> Figure {
        try await skipProjections()
        let tenants = member.tenants.map(\.rawValue)
        let load = Load(name: "captures, \(tenants.count) accounts", kind: .capture, accounts: tenants.count)
        let memory = try await Session.with(database: member.log.name, tenants: tenants, tool, options) { session in
            _ = try await session.loop.run(load, seconds: 4 * options.loadSeconds)
            guard let memory = Usage.memory(of: session.gateway.process) else {
                throw BenchFailure("the service's memory can't be read")
            }
            return memory
        }
        guard let peak = Spread([Double(memory.peak) / 1_024]) else { throw BenchFailure("no memory was measured") }
        let events = NumberText.grouped(Double(member.size))
        return Figure(
            "memory of the service, the most it held", .atMost(256), unit: "MiB", peak,
            note: "\(events) events, \(tenants.count) accounts hot; \(memory.resident / 1_024) MiB at the end")
    }

    /// The service is to do what it does every day, not to make its projections of a log that it never saw: they begin
    /// where the loader ended.
    private func skipProjections() async throws {
        for name in ["capture_history", "credit_statement"] {
            _ = try await member.log.server.connection.query(
                """
                INSERT INTO zentriq.projections (log_id, name, generation, active, next_position, recorded_at)
                SELECT log_id, $1, 1, true, size, recorded_at FROM zentriq.heads
                """, [.text(name)])
        }
    }
}
