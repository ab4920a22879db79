import Postgres
import PostgresTesting
import Testing
import TransparencyLog

@testable import EventStore

@Suite("The log's keys", .serialized, .timeLimit(.minutes(10)))
struct KeyRotationTests {
    private let tenant = TenantID.random()

    private func signer(_ log: TestLog, seed: UInt8 = 8) throws -> LogSigner {
        try LogSigner(NoteSigner(name: KeyName(log.origin), seed: [UInt8](repeating: seed, count: 32)))
    }

    private func history<Value>(
        _ log: TestLog, _ role: TestDatabase.Role = .owner, _ body: (LogKeyHistory) async throws -> Value
    ) async throws -> Value {
        let pool = try log.pool(role)
        let result: Result<Value, any Error>
        do { result = .success(try await body(LogKeyHistory(log: log.log, pool: pool))) } catch {
            result = .failure(error)
        }
        await pool.close()
        return try result.get()
    }

    private func sequencer(_ log: TestLog, _ signer: LogSigner) throws -> Sequencer<Counter> {
        Sequencer(
            log: log.log, signer: signer, configuration: try log.configuration(.gateway), signal: log.signal,
            logger: TestLog.quiet)
    }

    @Test("after a hand-over the new key signs, the old one appends nothing more, and both have signed the hand-over")
    func handOver() async throws {
        let log = try await TestLog.make()
        let new = try signer(log)
        try await log.withSequencer { old in
            for _ in 0..<3 { _ = try await old.submit(.add(of: tenant)) }
            let dry = try await history(log) { try await $0.handOver(to: new, dryRun: true) }
            _ = try await old.submit(.add(of: tenant))
            let note = try await history(log) { try await $0.handOver(to: new) }
            #expect(dry != note)
            for key in [try log.signer.verifier, new.verifier] {
                let verified = try TrustPolicy(log: key).verify(SignedCheckpoint(parsing: Array(note.utf8)))
                #expect(verified.checkpoint.size == 4)
            }
            #expect(try await history(log, .gateway) { try await $0.all().map(\.note) } == [note])
            #expect(try await log.withReader { try await $0.head() }.checkpoint == note)
            // The old writer is fenced off, and stays so.
            await #expect(throws: LogError.unavailable) { try await old.submit(.add(of: tenant)) }
        }
        let next = try sequencer(log, new)
        try await log.running([next]) {
            let position = try await next.submit(.add(of: tenant)).position
            #expect(position == LogPosition(4))
        }
        let head = try await log.withReader { try await $0.head() }
        #expect(head.signer == new.verifier.text)
        let checkpoint = try SignedCheckpoint(parsing: Array(head.checkpoint.utf8))
        #expect(try TrustPolicy(log: new.verifier).verify(checkpoint).checkpoint.size == 5)
    }

    @Test("a hand-over is refused to the same key, to another origin's, and to everybody but the owner")
    func refused() async throws {
        let log = try await TestLog.make()
        let other = try LogSigner(NoteSigner.generate(name: KeyName("log.test/other")))
        await #expect(throws: LogKeyRefusal.sameKey) {
            try await history(log) { try await $0.handOver(to: try log.signer) }
        }
        await #expect(throws: LogKeyRefusal.otherOrigin(log.origin)) {
            try await history(log) { try await $0.handOver(to: other) }
        }
        for role in [TestDatabase.Role.gateway, .projector, .auditor] {
            await expectRefused("42501") {
                _ = try await history(log, role) { try await $0.handOver(to: try signer(log)) }
            }
        }
        #expect(try await history(log, .gateway) { try await $0.all().map(\.note) }.isEmpty)
    }

    @Test("a head whose checkpoint was not signed by its key is not handed over")
    func tampered() async throws {
        let log = try await TestLog.make()
        try await log.use(.superuser) { superuser in
            try await superuser.script(
                """
                UPDATE zentriq.heads SET checkpoint = replace(checkpoint, E'\\n0\\n', E'\\n1\\n')
                WHERE log_id = \(log.log.rawValue)
                """)
        }
        await #expect(throws: CheckpointRefusal.self) {
            try await history(log) { try await $0.handOver(to: try signer(log)) }
        }
    }

    @Test("a service with another key than the log's does not start")
    func otherKey() async throws {
        let log = try await TestLog.make()
        let key = try log.signer.verifier.text
        await #expect(throws: LogError.otherSigner(key)) {
            try await log.withReader(.gateway) { try await $0.createLog(signer: try signer(log)) }
        }
        #expect(try await log.withReader { try await $0.head() }.signer == key)
    }

    @Test("hand-overs can't be changed or removed, by the owner neither")
    func appendOnly() async throws {
        let log = try await TestLog.make()
        _ = try await history(log) { try await $0.handOver(to: try signer(log)) }
        try await log.use(.owner) { owner in
            for statement in [
                "UPDATE zentriq.handovers SET size = 1", "DELETE FROM zentriq.handovers",
                "TRUNCATE zentriq.handovers",
            ] {
                await expectRefused("42501") { try await owner.script(statement) }
            }
        }
    }
}
