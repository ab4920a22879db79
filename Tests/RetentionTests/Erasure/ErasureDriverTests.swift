import AuditLog
import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Retention
import RetentionTesting
import Testing
import Verification

@Suite("The erasure of a person", .timeLimit(.minutes(10)))
struct ErasureDriverTests {
    @Test("ends with the captures, the membership and the key gone, the money as it was, and every proof intact")
    func person() async throws {
        try await Bench.with { bench in
            let (client, other) = try await Self.story(bench)
            let before = try await client.balance()
            let key = try await bench.person(of: client.tenant)
            let object = try #require(try await bench.subjects.person(behind: key.handle, in: client.tenant)).object
            let erasure = try await Self.begin(bench, client)
            try await Self.finish(erasure, bench)
            #expect(try await client.balance() == before)
            #expect(try await bench.subjects.person(behind: key.handle, in: client.tenant) == nil)
            #expect(try await Self.captures(bench, of: client.tenant) == 0)
            #expect(try await Self.captures(bench, of: other.tenant) == 3)
            #expect(try await Self.history(bench, client) == 0)
            #expect(try await Self.tokens(bench, of: client.tenant) == 0)
            #expect(try await Self.tokens(bench, of: other.tenant) == 1)
            try await bench.buildTiles()
            let report = try await bench.verify()
            #expect(report.isGood, "\(report.findings.kept)")
            // Whoever comes back is somebody new.
            #expect(try await bench.subjects.subject(of: object, in: client.tenant).handle != key.handle)
        }
    }

    @Test("killed after each of its effects, once or twice, it ends the same", arguments: ErasureStage.allCases)
    func killed(at stage: ErasureStage) async throws {
        try await Bench.with { bench in
            let (client, _) = try await Self.story(bench)
            let before = try await client.balance()
            let request = try await Self.begin(bench, client)
            let driver = try Self.driver(bench)
            // Up to the stage, an effect at a time; each is carried out, and the process dies before it is recorded.
            while let erasure = try await bench.erasures.erasure(request), erasure.process.stage != stage {
                guard let effect = erasure.process.next().first else { break }
                _ = try await driver.carryOut(effect, of: erasure)
                let result = try await driver.carryOut(effect, of: erasure)
                let events = erasure.process.decide(effect, result)
                guard !events.isEmpty else { break }
                #expect(try await bench.erasures.record(events, of: erasure))
                // Somebody who has read before that is told to read again.
                #expect(try await !bench.erasures.record(events, of: erasure))
            }
            try await Self.finish(request, bench)
            #expect(try await client.balance() == before)
            #expect(try await Self.captures(bench, of: client.tenant) == 0)
            #expect(try await Self.tokens(bench, of: client.tenant) == 0)
            let events = "SELECT count(*) FROM zentriq.events WHERE type = 'token.disconnected'"
            #expect(try await bench.number(events) == 1)
            try await bench.buildTiles()
            let report = try await bench.verify()
            #expect(report.isGood, "\(report.findings.kept)")
            print("ERASURE | killed at \(stage.name) | complete, \(report.size) events verify")
        }
    }

    @Test("a hold on the person, or the tenant, stops it; released, it goes on", arguments: [true, false])
    func held(personally: Bool) async throws {
        try await Bench.with { bench in
            let (client, _) = try await Self.story(bench)
            let key = try await bench.person(of: client.tenant)
            var scope = LegalHold.Scope()
            if personally { scope.subject = key.handle } else { scope.tenant = client.tenant }
            let hold = try await bench.place(scope)
            let request = try await Self.begin(bench, client)
            let driver = try Self.driver(bench)
            let waiting = try #require(try await driver.advance(request))
            #expect(waiting.process.stage == .frozen)
            #expect(try await Self.captures(bench, of: client.tenant) == 3)
            try await bench.release(hold)
            try await Self.finish(request, bench)
            #expect(try await Self.captures(bench, of: client.tenant) == 0)
        }
    }

    @Test("a hold that comes after it was looked for keeps the keys; and nobody's go who has not asked")
    func heldKeys() async throws {
        try await Bench.with { bench in
            let (client, other) = try await Self.story(bench)
            let key = try await bench.person(of: client.tenant)
            let request = try await Self.begin(bench, client)
            let driver = try Self.driver(bench)
            let erasure = try #require(try await driver.advance(request, upTo: .storesCalledBack))
            var scope = LegalHold.Scope()
            scope.subject = key.handle
            scope.retention = .account
            let hold = try await bench.place(scope)
            guard case .failed = try await driver.carryOut(.destroyKeysAndMapping, of: erasure) else {
                Issue.record("the keys are gone")
                return
            }
            #expect(try await bench.subjects.person(behind: key.handle, in: client.tenant) != nil)
            #expect(try await driver.advance(request)?.process.stage == .storesCalledBack)
            try await bench.release(hold)

            let stranger = try await bench.person(of: other.tenant).handle
            let eraser = try bench.eraser()
            let connection = try await eraser.connect()
            for (person, position) in [(stranger, erasure.position), (key.handle, LogPosition(0))] {
                let error = await #expect(throws: PostgresError.self) {
                    _ = try await eraser.destroyKey(of: person, at: position, on: connection)
                }
                #expect(error?.sqlState == "P0002")
            }
            await connection.close()
            try await Self.finish(request, bench)
            #expect(try await bench.subjects.person(behind: key.handle, in: client.tenant) == nil)
            #expect(try await bench.subjects.person(behind: stranger, in: other.tenant) != nil)
        }
    }

    @Test("asked for twice, it is begun once")
    func twice() async throws {
        try await Bench.with { bench in
            let (client, _) = try await Self.story(bench)
            let first = try await Self.begin(bench, client)
            #expect(try await Self.begin(bench, client) == first)
            #expect(try await bench.erasures.erasure(UUID()) == nil)
        }
    }

    @Test("of a tenant, everybody's captures and keys go")
    func tenant() async throws {
        try await Bench.with { bench in
            let (client, other) = try await Self.story(bench)
            let accepted = try await bench.erasures.begin(
                client.tenant, nil, stores: [], idempotencyKey: "1", by: Client.requester)
            let request = try Self.request(accepted)
            try await Self.finish(request, bench)
            #expect(try await Self.captures(bench, of: client.tenant) == 0)
            #expect(try await Self.captures(bench, of: other.tenant) == 3)
            #expect(try await Self.tokens(bench, of: client.tenant) == 0)
            #expect(try await Self.tokens(bench, of: other.tenant) == 1)
            try await bench.buildTiles()
            #expect(try await bench.verify().isGood)
        }
    }

    @Test("of a tenant, waits with the keys for a person's that stores have not answered yet; then both end")
    func tenantAndPerson() async throws {
        try await Bench.with { bench in
            let (client, _) = try await Self.story(bench)
            let key = try await bench.person(of: client.tenant)
            let tenant = try Self.request(
                try await bench.erasures.begin(
                    client.tenant, nil, stores: ["chats"], idempotencyKey: "1", by: Client.requester))
            bench.clock.advance(seconds: 1)
            let person = try await Self.begin(bench, client, stores: ["chats"])
            var register = OpenErasures(reader: bench.auditorReader)
            #expect(try await register.catchUp() == [person, tenant])

            // The store is away when the person's asks it, and there when the tenant's does.
            let away = try Self.driver(bench)
            var back = away
            back.knownReceipts = ["chats": Array(repeating: 1, count: 32)]
            for _ in 0..<5 {
                _ = try await away.advance(person)
                _ = try await back.advance(tenant)
                try await bench.buildTiles()
            }
            #expect(try await bench.erasures.erasure(person)?.process.stage == .capturesDeleted)
            #expect(try await bench.erasures.erasure(tenant)?.process.stage == .storesCalledBack)
            #expect(try await bench.subjects.person(behind: key.handle, in: client.tenant) != nil)

            for request in [person, tenant] { try await Self.finish(request, bench, with: back) }
            #expect(try await bench.subjects.person(behind: key.handle, in: client.tenant) == nil)
            #expect(try await register.catchUp() == [])
        }
    }

    // MARK: Support

    /// Two tenants with three captures and a token each, and bundles that are full.
    private static func story(_ bench: Bench) async throws -> (Client, Client) {
        let clients = (Client(bench), Client(bench))
        for client in [clients.0, clients.1] {
            let handle = try await bench.registered(client)
            _ = try await bench.vault.put(
                SecretText("token"), scopes: ["x"], for: .agent, of: DataSubject(client.tenant, handle), from: UUID(),
                by: Requester(actor: handle, request: nil))
            try await client.grant(10)
            for _ in 0..<3 { try await client.capture() }
        }
        try await bench.fillBundle(clients.1)
        try await bench.buildTiles()
        try await bench.project()
        return clients
    }

    /// As the service does, while tiles are built.
    private static func finish(_ request: UUID, _ bench: Bench, with driver: ErasureDriver? = nil) async throws {
        var erasure: RecordedErasure?
        for _ in 0..<5 {
            erasure = try await (driver ?? Self.driver(bench)).advance(request)
            if erasure?.process.isComplete == true { return }
            try await bench.buildTiles()
        }
        throw UnexpectedEnd(description: "the erasure is at \(erasure?.process.stage?.name ?? "its beginning")")
    }

    private struct UnexpectedEnd: Error, CustomStringConvertible {
        let description: String
    }

    private static func begin(_ bench: Bench, _ client: Client, stores: [String] = []) async throws -> UUID {
        let key = try await bench.person(of: client.tenant)
        return try request(
            await bench.erasures.begin(
                client.tenant, key.handle, stores: stores, idempotencyKey: "", by: Client.requester))
    }

    private static func request(_ accepted: Accepted) throws -> UUID {
        let text = String(decoding: accepted.response, as: UTF8.self)
        let id = try #require(text.firstMatch(of: /"request":"([0-9a-f-]{36})"/)?.1)
        return try #require(UUID(uuidString: String(id)))
    }

    private static func driver(_ bench: Bench) throws -> ErasureDriver {
        ErasureDriver(
            erasures: bench.erasures, privacy: PrivacyLedger(writer: bench.writer, reader: bench.reader),
            directory: bench.subjects, holds: HoldRegister(reader: bench.reader), vault: bench.vault,
            eraser: Eraser(
                log: Bench.log, signer: try Bench.signer,
                configuration: try bench.database.configuration(role: .retention), clock: bench.clock.wallClock),
            callBacks: [], patienceSeconds: 0, clock: bench.clock.wallClock, logger: bench.logger)
    }

    private static func captures(_ bench: Bench, of tenant: TenantID) async throws -> Int64 {
        try await bench.number(
            "SELECT count(*) FROM zentriq.events WHERE class = 'capture' AND tenant_id = '\(tenant.rawValue)'")
    }

    private static func tokens(_ bench: Bench, of tenant: TenantID) async throws -> Int64 {
        try await bench.number(
            "SELECT count(*) FROM zentriq.vault_tokens WHERE tenant_id = '\(tenant.rawValue)'")
    }

    private static func history(_ bench: Bench, _ client: Client) async throws -> Int64 {
        try await bench.number(
            "SELECT count(*) FROM zentriq.capture_history WHERE tenant_id = '\(client.tenant.rawValue)'")
    }
}

extension Bench {
    fileprivate var erasures: ErasureLedger { ErasureLedger(writer: writer, reader: reader) }

    /// Makes the tenant's person known to the log.
    fileprivate func registered(_ client: Client) async throws -> ActorHandle {
        let key = try await person(of: client.tenant)
        try await ledger.register(
            tenant: client.tenant, subject: key.handle, by: Requester(actor: key.handle, request: nil))
        return key.handle
    }
}
