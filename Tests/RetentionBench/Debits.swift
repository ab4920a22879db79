import AuditLog
import BillingTesting

/// Captures that come at a fixed rate, each for an account of its own in turn, whether or not earlier ones are answered.
struct Debits: Sendable {
    let clients: [Client]
    /// A second.
    let rate: Double

    func run(seconds: Double) async throws -> Latencies {
        try await run { $0 < seconds }
    }

    /// Until the task has ended.
    func run<Value>(while task: Task<Value, any Error>) async throws -> Latencies {
        let running = Flag()
        let waiting = Task {
            _ = try? await task.value
            await running.end()
        }
        let latencies = try await run { _ in await !running.hasEnded }
        await waiting.value
        return latencies
    }

    /// The time of an answer counts from when its request was due.
    private func run(while isGoing: (_ seconds: Double) async -> Bool) async throws -> Latencies {
        try await withThrowingTaskGroup(of: Double.self) { group in
            let start = ContinuousClock.now
            var number = 0
            while await isGoing((ContinuousClock.now - start) / .seconds(1)) {
                let due = start + .seconds(Double(number) / rate)
                if due > .now { try await Task.sleep(until: due, tolerance: .zero) }
                let (client, began) = (clients[number % clients.count], max(due, start))
                group.addTask {
                    try await client.capture()
                    return (ContinuousClock.now - began) / .milliseconds(1)
                }
                number += 1
            }
            var values: [Double] = []
            for try await value in group { values.append(value) }
            return Latencies(values)
        }
    }

    private actor Flag {
        private(set) var hasEnded = false
        func end() { hasEnded = true }
    }
}

/// Durations in milliseconds.
struct Latencies: Sendable {
    /// In ascending order.
    let values: [Double]

    init(_ values: [Double]) {
        self.values = values.sorted()
    }

    var mean: Double { values.reduce(0, +) / Double(max(1, values.count)) }

    /// That share of all is not longer.
    func at(_ share: Double) -> Double {
        values.isEmpty ? 0 : values[min(values.count - 1, Int(share * Double(values.count)))]
    }

    var text: String {
        "\(values.count): mean \(tenths(mean)) ms, median \(tenths(at(0.5))) ms, p95 \(tenths(at(0.95))) ms, "
            + "p99 \(tenths(at(0.99))) ms, longest \(tenths(at(1))) ms"
    }
}
