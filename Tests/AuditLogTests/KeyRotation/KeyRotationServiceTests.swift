import AuditLog
import BillingTesting
import EventStore
import Foundation
import Logging
import Postgres
import PostgresTesting
import Sealing
import ServiceLifecycle
import Testing

@Suite("The service that looks after the key-encryption key", .serialized, .timeLimit(.minutes(10)))
struct KeyRotationServiceTests {
    private static func service(_ it: RotationBench, rotates: Bool) throws -> KeyRotationService {
        // As a gateway with keys of its own, which finds what others have made.
        let keys = try it.folder.read()
        let rotator = KeyRotator(
            log: Bench.log, reader: it.bench.reader, ledger: it.bench.ledger,
            configuration: try it.bench.database.configuration(role: .retention), keys: keys)
        return KeyRotationService(
            epochs: KeyEpochs(log: Bench.log, pool: it.bench.gatewayPool), keys: keys,
            rotator: rotates ? rotator : nil, clock: it.bench.clock.wallClock, pollInterval: .milliseconds(20),
            logger: it.bench.logger)
    }

    private static func running(
        _ services: [KeyRotationService], _ body: @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { try await service.run() } }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("of two that may, one rotates after 90 days, once, and after 92 no key is left on the old version")
    func rotates() async throws {
        try await RotationBench.with { it in
            for _ in 0..<5 { try await it.person() }
            let services = [try Self.service(it, rotates: true), try Self.service(it, rotates: true)]
            try await Self.running(services) {
                it.bench.clock.advance(seconds: 89 * 86_400)
                try await Task.sleep(for: .milliseconds(200))
                #expect(try await it.rows("kek_version = 1") == 6)
                it.bench.clock.advance(seconds: 3 * 86_400)
                while try await it.rows("kek_version = 1") > 0 { try await Task.sleep(for: .milliseconds(20)) }
                while try await it.events().count < 2 { try await Task.sleep(for: .milliseconds(20)) }
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(try await it.rows("kek_version = 2") == 6)
            #expect(try await it.events().count == 2)
            #expect(try it.files == ["1.key", "2.key"])
            try await it.person()
            #expect(try await it.opened() == 6)
        }
    }

    @Test("what a rotation before has left undone is done at the start; without the right to, nothing is")
    func finishes() async throws {
        try await RotationBench.with { it in
            try await it.person()
            _ = try await it.rotator().rotate()
            try await Self.running([try Self.service(it, rotates: false)]) {
                it.bench.clock.advance(seconds: 92 * 86_400)
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(try await it.rows("kek_version = 1") == 2)
            #expect(try await it.events().count == 1)
            it.bench.clock.advance(seconds: -92 * 86_400)
            try await Self.running([try Self.service(it, rotates: true)]) {
                while try await it.rows("kek_version = 1") > 0 { try await Task.sleep(for: .milliseconds(20)) }
            }
        }
    }
}
