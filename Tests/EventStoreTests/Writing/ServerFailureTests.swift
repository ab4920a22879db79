import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

@Suite("A sequencer whose server fails", .serialized, .ownCluster, .timeLimit(.minutes(10)))
struct ServerFailureTests {
    private let tenant = TenantID.random()

    @Test("a server that is stopped makes the log unavailable, quickly; started again, all goes on as before")
    func stoppedAndStarted() async throws {
        let (log, cluster) = try await OwnCluster.log()
        try await log.withSequencer { sequencer in
            _ = try await sequencer.submit(.add(of: tenant))
            try await cluster.stop()
            // The first finds out, within the time for which a batch is tried again; the others hear it at once.
            let start = ContinuousClock.now
            for _ in 0..<20 {
                await #expect(throws: LogError.unavailable) { try await sequencer.submit(.add(of: tenant)) }
            }
            #expect(ContinuousClock.now - start < .seconds(120))
            #expect(!sequencer.isOpen)
            try await cluster.start()
            try await until { sequencer.isOpen }
            #expect(try await sequencer.submit(.add(of: tenant)).position == LogPosition(1))
            try await cluster.stop(immediate: true)
        }
        // Shut down while the server is away, nothing waits for it to come back.
        let refused = try log.sequencer()
        let running = Task { try await refused.run() }
        await #expect(throws: LogError.unavailable) { try await refused.submit(.add(of: tenant)) }
        refused.mailbox.close()
        try await running.value
        await #expect(throws: LogError.stopped) { try await refused.submit(.add(of: tenant)) }
        try await cluster.start()
        #expect(try await log.expectSound().count == 2)
    }

    @Test("a server killed under load loses nothing that was acknowledged, and doubles nothing")
    func killed() async throws {
        let (log, cluster) = try await OwnCluster.log()
        let disturbance = Stage()
        let load = Load(log: log, tenant: tenant)
        let (keyed, unkeyed) = try await log.withSequencer { sequencer in
            async let first = load.run(on: sequencer, tasks: 12, isKeyed: true) { disturbance.isOver }
            async let second = load.run(on: sequencer, tasks: 4, isKeyed: false) { disturbance.isOver }
            defer { disturbance.finish() }
            for _ in 0..<2 {
                let size = log.signal.size
                try await until { log.signal.size > size + 50 }
                try await cluster.kill()
                try await cluster.start()
                try await until { sequencer.isOpen }
            }
            disturbance.finish()
            return try await (first, second)
        }
        try await load.expectExactlyOnce(keyed: keyed, unkeyed: unkeyed)
    }

    @Test("a server that would lose what it acknowledged is refused, with the setting to change")
    func durability() async throws {
        let (log, _) = try await OwnCluster.log()
        try await log.use(.gateway) { try await DurabilityCheck.verify(on: $0) }
        for value in ["local", "remote_write", "remote_apply", "on"] {
            try await Self.use(log, synchronousCommit: value) { try await DurabilityCheck.verify(on: $0) }
        }
        await Self.expectNotDurable("synchronous_commit") {
            try await Self.use(log, synchronousCommit: "off") { try await DurabilityCheck.verify(on: $0) }
        }
        for setting in ["fsync", "full_page_writes"] {
            try await Self.set(setting, to: "off", in: log)
            await Self.expectNotDurable(setting) {
                try await log.use(.gateway) { try await DurabilityCheck.verify(on: $0) }
            }
            try await Self.set(setting, to: "on", in: log)
        }
        try await log.use(.gateway) { try await DurabilityCheck.verify(on: $0) }
    }

    private static func use(
        _ log: TestLog, synchronousCommit: String, _ body: (PostgresConnection) async throws -> Void
    ) async throws {
        var configuration = try log.configuration(.gateway)
        configuration.serverOptions["synchronous_commit"] = synchronousCommit
        let connection = try await PostgresConnection.connect(configuration)
        let result: Result<Void, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.close()
        try result.get()
    }

    private static func set(_ name: String, to value: String, in log: TestLog) async throws {
        try await log.use(.superuser) { superuser in
            try await superuser.query(Statement("ALTER SYSTEM SET \(name) = \(value)"))
            try await superuser.query("SELECT pg_reload_conf()")
        }
        try await until {
            try await log.use(.superuser) { superuser in
                try await superuser.query("SELECT current_setting($1)", [.text(name)]).only().string(0) == value
            }
        }
    }

    private static func expectNotDurable(
        _ setting: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
        await #expect(sourceLocation: sourceLocation) {
            try await body()
        } throws: { error in
            if case .notDurable(let reason)? = error as? LogError { reason.contains("\(setting) = off") } else { false }
        }
    }
}
