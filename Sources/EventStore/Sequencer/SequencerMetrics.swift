import CoreMetrics

/// What the write path tells about itself.
struct SequencerMetrics: Sendable {
    let conflicts = Counter(label: "log_append_conflicts")
    let resolved = Counter(label: "log_append_outcomes_resolved")
    private let events = Counter(label: "log_events_appended")
    private let batches = Counter(label: "log_batches")
    private let commands = Counter(label: "log_commands")
    private let waiting = Gauge(label: "log_commands_waiting")
    private let duration = Timer(label: "log_append_duration")

    func batchTaken(_ count: Int, waiting depth: Int) {
        batches.increment()
        commands.increment(by: count)
        waiting.record(depth)
    }

    func appended(events count: Int) {
        events.increment(by: count)
    }

    nonisolated(nonsending) func timed<Value>(
        _ body: nonisolated(nonsending) () async throws -> Value
    ) async rethrows -> Value {
        let start = ContinuousClock.now
        let value = try await body()
        duration.recordNanoseconds(Int64((ContinuousClock.now - start) / .nanoseconds(1)))
        return value
    }
}
