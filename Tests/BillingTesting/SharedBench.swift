import EventStore
import PostgresTesting

/// One bench for all tests of a suite that need no more than tenants of their own and run one after the other: they
/// share its clock, which must only go forward. Making a database takes longer than most of them.
package actor SharedBench {
    private var making: Task<Bench, any Error>?

    package init() {}

    package nonisolated func use<Value: Sendable>(
        _ body: @Sendable (Bench) async throws -> Value
    ) async throws -> Value {
        try await body(bench())
    }

    /// The writer's task is nobody's: it ends with the process, and the database with the cluster.
    private func bench() async throws -> Bench {
        if let making { return try await making.value }
        let task = Task {
            let bench = try await Bench(TestDatabase.make(), start: WallClock.system.now())
            Task { try await bench.writer.run() }
            try await Bench.waitUntilOpen(bench.writer)
            return bench
        }
        making = task
        return try await task.value
    }
}
