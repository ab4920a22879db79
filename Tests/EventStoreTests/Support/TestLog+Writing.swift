import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

extension TestLog {
    func sequencer(
        limits: SequencerLimits = SequencerLimits(), clock: WallClock = .system,
        serverOptions: [String: String] = [:]
    ) throws -> Sequencer<Counter> {
        var configuration = try configuration(.gateway)
        configuration.serverOptions.merge(serverOptions) { $1 }
        return Sequencer(
            log: log, signer: try signer, configuration: configuration, limits: limits, clock: clock, signal: signal,
            logger: Self.quiet)
    }

    /// Runs a sequencer for as long as the body lasts.
    func withSequencer<Value: Sendable>(
        limits: SequencerLimits = SequencerLimits(), clock: WallClock = .system,
        _ body: (Sequencer<Counter>) async throws -> Value
    ) async throws -> Value {
        let sequencer = try sequencer(limits: limits, clock: clock)
        return try await running([sequencer]) { try await body(sequencer) }
    }

    /// Runs the sequencers until the body is done and everything that was queued too.
    func running<Value: Sendable>(
        _ sequencers: [Sequencer<Counter>], _ body: () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sequencer in sequencers { group.addTask { try await sequencer.run() } }
            for sequencer in sequencers { try await until { sequencer.isOpen } }
            let value = try await body()
            for sequencer in sequencers { sequencer.mailbox.close() }
            try await group.waitForAll()
            return value
        }
    }

    /// Ends the server's side of every connection of this log's writers, and tells how many there were.
    @discardableResult
    func terminateWriters(on superuser: PostgresConnection) async throws -> Int {
        try await superuser.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
            [.text(applicationName)]
        ).count
    }
}

struct TookTooLong: Error {}

/// Waits for something that comes about by itself.
func until(_ limit: Duration = .seconds(300), _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < end else { throw TookTooLong() }
        try await Task.sleep(for: .milliseconds(2))
    }
}
