import AuditLog
import CanonicalJSON
import EventStore
import Foundation
import Gateway
import HTTPTypes
import Identity
import LogTesting
import Postgres
import PostgresTesting
import Sealing
import Synchronization
import Testing

extension GatewayTests {
    /// Leases, new tokens and captures of people go on, over two services, while the key that wraps theirs changes.
    @Suite("The key-encryption key changes under load")
    struct RotationUnderLoadTests {
        private static let rotations = 3
        private static let people = 6

        /// So many further keys of people are wrapped anew each time: more for figures, taken by hand.
        private static var rows: Int {
            ProcessInfo.processInfo.environment["ZENTRIQ_ROTATION_ROWS"].flatMap(Int.init) ?? 1_000
        }

        @Test("rotated, wrapped anew and retired three times, every lease is answered and no generation is lost")
        func underLoad() async throws {
            try await Self.withTwoServices { left, right, provider, folder in
                let people = try await (0..<Self.people).asyncMap { _ in try await left.connected(to: provider) }
                let elsewhere = try await people.asyncMap { try await $0.seen(from: right) }
                try await Self.plant(Self.rows, in: left, folder)
                let load = Load()
                let rotated = try await withThrowingTaskGroup(of: Void.self) { group in
                    for (gateway, own) in [(left, people), (right, elsewhere)] {
                        for index in 0..<4 {
                            group.addTask { try await load.lease(own, from: index, at: gateway) }
                        }
                        group.addTask { try await load.store(at: gateway, provider) }
                        group.addTask { try await load.capture(at: gateway) }
                    }
                    // Whatever happens: a load that goes on would never let the test end.
                    defer { load.end() }
                    try await Task.sleep(for: .seconds(2))
                    load.measure("before")
                    var rotated: [String] = []
                    for version in 1...Int32(Self.rotations) {
                        rotated.append(try await Self.rotate(version, at: left, folder))
                    }
                    load.measure("meanwhile")
                    load.end()
                    try await group.waitForAll()
                    return rotated
                }
                print("rotation under load:", (rotated + load.figures).joined(separator: "; "))
                #expect(load.failures == [])
                #expect(load.count > 0)

                let rotator = try Self.rotator(left, folder)
                try await rotator.rewrap()
                let status = try await rotator.status(at: left.clock.wallClock.now())
                #expect(status.due.isEmpty, "\(status.due)")
                #expect(status.versions.map(\.count).dropLast().allSatisfy { $0 == 0 })
                #expect(status.versions.last?.version == Int32(Self.rotations) + 1)
                #expect(status.versions.last.map { $0.count > Int64(Self.rows) } == true)
                // No token was lost: each is good for the identity provider still, and opens here and there.
                try await left.forgetSharedAnswers()
                for person in people { #expect(try await left.lease(person).status == 200) }
                try await left.forgetSharedAnswers()
                for person in elsewhere { #expect(try await right.lease(person).status == 200) }
                #expect(try await left.connected(as: .superuser) { try await $0.contradictedTokens() } == [])
                for gateway in [left, right] {
                    #expect(!gateway.logs.lines.contains { $0.contains("can't be unwrapped") })
                }
            }
        }

        // MARK: Support

        private static func withTwoServices(
            _ body: @escaping @Sendable (TestGateway, TestGateway, TestProvider, KeyFolder) async throws -> Void
        ) async throws {
            try await TestProvider.with { provider in
                try await withTemporaryFolder { path in
                    let folder = KeyFolder(path: path.path)
                    _ = try folder.generate()
                    var options = TestGateway.Options()
                    options.provider = provider
                    options.keyFolder = folder
                    options.vaultLimits = unlimited
                    let chosen = options
                    try await TestGateway.with(chosen) { left in
                        try await TestGateway.with(
                            chosen, clock: left.clock, configuration: left.configuration
                        ) { right in
                            try await body(left, right, provider, folder)
                        }
                    }
                }
            }
        }

        /// Many generations in little time, and patience enough for a machine that is busy with other things.
        private static var unlimited: VaultLimits {
            var limits = VaultLimits()
            limits.unusualPerMinute = 1_000_000
            limits.personPerHour = 1_000_000
            limits.tenantPerHour = 1_000_000
            limits.shareSeconds = 0.05
            limits.providerTimeout = .seconds(60)
            limits.flightSeconds = 120
            limits.patience = .seconds(120)
            return limits
        }

        /// As a command would, with keys of its own.
        private static func rotator(_ gateway: TestGateway, _ folder: KeyFolder) throws -> KeyRotator {
            KeyRotator(
                log: gateway.platform.configuration.log, reader: gateway.platform.reader,
                ledger: gateway.platform.ledger, configuration: try gateway.configuration(.retention),
                keys: try folder.read())
        }

        /// - Returns: how many keys were wrapped anew, and how fast.
        private static func rotate(_ old: Int32, at gateway: TestGateway, _ folder: KeyFolder) async throws -> String {
            let rotator = try rotator(gateway, folder)
            #expect(try await rotator.rotate().version == old + 1)
            let began = ContinuousClock.now
            let count = try await rotator.rewrap()
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            try await rotator.retire(old)
            return "\(count) keys in \(Int(seconds * 1_000)) ms (\(Int(Double(count) / seconds))/s)"
        }

        /// Keys of people who do nothing.
        private static func plant(_ count: Int, in gateway: TestGateway, _ folder: KeyFolder) async throws {
            let keys = try folder.read()
            var rows: [String] = []
            for _ in 0..<count {
                let (tenant, subject) = (UUID(), UUID())
                let (key, wrapped) = try await SubjectKey.make(
                    log: gateway.platform.reader.origin, tenant: tenant, subject: subject, wrappedBy: keys)
                let hex = wrapped.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
                rows.append("(1, '\(key.id)', '\(tenant)', '\(subject)', \(wrapped.version), '\\x\(hex)')")
            }
            guard !rows.isEmpty else { return }
            try await gateway.script(
                """
                INSERT INTO zentriq.subject_keys (log_id, key_id, tenant_id, subject, kek_version, wrapped)
                VALUES \(rows.joined(separator: ","))
                """)
        }

        /// What goes on, and what became of it.
        private final class Load: Sendable {
            private struct State {
                var isOver = false
                var leases = 0
                var failures: [String] = []
                var figures: [String] = []
                var since = ContinuousClock.now
                var before = 0
            }

            private let state = Mutex(State())

            var count: Int { state.withLock { $0.leases } }
            var failures: [String] { state.withLock { $0.failures } }
            var figures: [String] { state.withLock { $0.figures } }
            private var isOver: Bool { Task.isCancelled || state.withLock { $0.isOver } }

            func end() { state.withLock { $0.isOver = true } }

            func measure(_ name: String) {
                state.withLock { state in
                    let seconds = (ContinuousClock.now - state.since) / .seconds(1)
                    let rate = Double(state.leases - state.before) / seconds
                    state.figures.append("leases/s \(name): \(Int(rate)) (\(Int(seconds * 1_000)) ms)")
                    (state.since, state.before) = (.now, state.leases)
                }
            }

            func lease(_ people: [Connected], from first: Int, at gateway: TestGateway) async throws {
                var index = first
                while !isOver {
                    note(try await gateway.lease(people[index % people.count]), "lease")
                    index += 1
                }
            }

            /// People who connect, lease, and connect anew.
            func store(at gateway: TestGateway, _ provider: TestProvider) async throws {
                while !isOver {
                    let person = try await gateway.connected(to: provider)
                    note(try await gateway.lease(person), "lease after connecting")
                    let token = provider.grants.begin(tenant: person.customer.tenant, scopes: [TestGateway.erp])
                    note(
                        try await gateway.onBehalf(
                            person.customer, .put, "/v1/tokens",
                            TestGateway.storing(token, scope: TestGateway.erp), agent: person.agent), "put")
                }
            }

            /// New people, each with a key of their own.
            func capture(at gateway: TestGateway) async throws {
                while !isOver {
                    let customer = try await gateway.customer(credits: 2)
                    note(try await gateway.post("/v1/captures", gateway.capture(), token: customer.token), "capture")
                }
            }

            private func note(_ answer: Answer, _ what: String) {
                state.withLock { state in
                    if what == "lease" { state.leases += 1 }
                    if answer.status != 200 && answer.status != 201 {
                        state.failures.append("\(what): \(answer.status) \(answer.text)")
                    }
                }
            }
        }
    }
}

extension Connected {
    /// The same person with tokens that another service takes.
    fileprivate func seen(from other: TestGateway) async throws -> Connected {
        let token = try await other.identity.user(
            of: customer.tenant, subject: customer.subject, client: TestIdentity.agentClient)
        return Connected(
            customer: Customer(tenant: customer.tenant, subject: customer.subject, token: token),
            agent: try await other.identity.application("agent"), refreshToken: "")
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
