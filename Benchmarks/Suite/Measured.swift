import BenchmarkReport
import Foundation

/// Work in this process, with what it takes of time and of the server.
enum Measured {
    /// - Parameter operations: that the work consists of.
    static func load(
        _ operations: Int, on server: Server, _ work: () async throws -> Void
    ) async throws -> LoadSample {
        let wal = try await server.walBytes()
        let disk = try await server.diskBytes()
        let own = Usage.of(getpid())
        let postgres = Usage.ofFamily(server.postmaster)
        let seconds = try await seconds(work)
        let count = Double(operations)
        return LoadSample(
            operations: operations, seconds: seconds,
            cost: LoadSample.Cost(
                gateway: (Usage.of(getpid()) - own) / count,
                postgres: (Usage.ofFamily(server.postmaster) - postgres) / count,
                wal: Double(try await server.walBytes() - wal) / count,
                disk: Double(try await server.diskBytes() - disk) / count))
    }

    static func seconds(_ work: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await work()
        return (ContinuousClock.now - start) / .seconds(1)
    }
}
