import AuditLog
import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Logging
import Postgres
import PostgresTesting
import Restoration
import Retention
import RetentionTesting
import Testing
import TransparencyLog

/// A backup, and the ledger of what was done after it was made: a person was erased, a hold placed, another one
/// released, a third placed and released.
struct LostHistory: Sendable {
    let backup: TestDatabase
    let folder: URL
    /// What the log was at the end.
    let checkpoint: SignedCheckpoint
    let erased: Client.Person
    let other: TenantID
    let request: UUID
    /// In force in the backup, and released after it.
    let released: UUID
    let placed: UUID

    static func with(_ body: @Sendable (LostHistory) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            let folder = FileManager.default.temporaryDirectory.appending(path: "ledger-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let before = try await Bench.on(database) { try await Self.before($0) }
            let backup = try await database.copy()
            let result: Result<Void, any Error>
            do {
                let history = try await Bench.on(database) { bench in
                    try await Self.after(bench, before, backup, folder)
                }
                result = .success(try await body(history))
            } catch {
                result = .failure(error)
            }
            try await backup.drop()
            try result.get()
        }
    }

    /// Runs `body` with what is restored from the backup.
    func restored<Value: Sendable>(_ body: @Sendable (TestDatabase) async throws -> Value) async throws -> Value {
        let database = try await backup.copy()
        let result: Result<Value, any Error>
        do { result = .success(try await body(database)) } catch { result = .failure(error) }
        try await database.drop()
        return try result.get()
    }

    private struct Before: Sendable {
        let erased: Client.Person
        let other: TenantID
        let released: UUID
    }

    private static func before(_ bench: Bench) async throws -> Before {
        let clients = [Client(bench), Client(bench)]
        var handles: [ActorHandle] = []
        try await bench.adopt()
        for client in clients {
            let key = try await bench.person(of: client.tenant)
            try await bench.ledger.register(
                tenant: client.tenant, subject: key.handle, by: Requester(actor: key.handle, request: nil))
            try await client.grant(10)
            for _ in 0..<3 { try await client.capture() }
            _ = try await bench.vault.put(
                SecretText("token-of-the-backup"), scopes: ["x"], for: .agent,
                of: DataSubject(client.tenant, key.handle), from: UUID(), by: Requester(actor: key.handle, request: nil)
            )
            handles.append(key.handle)
        }
        var scope = LegalHold.Scope()
        scope.tenant = clients[0].tenant
        let released = try await bench.place(scope)
        try await bench.fillBundle(clients[1])
        try await bench.project()
        return Before(
            erased: Client.Person(tenant: clients[0].tenant, handle: handles[0]), other: clients[1].tenant,
            released: released)
    }

    private static func after(
        _ bench: Bench, _ before: Before, _ backup: TestDatabase, _ folder: URL
    ) async throws -> LostHistory {
        let writer = LedgerWriter(path: folder.path, reader: bench.auditorReader)
        try await writer.write()
        let disconnected = try await bench.vault.disconnect(
            before.other, nil, because: .person, by: Requester(actor: nil, request: nil))
        #expect(disconnected.count == 1)
        // The hold stood in the way in the backup, and does not any more.
        try await bench.release(before.released)
        let request = try await bench.begin(before.erased)
        var driver = try bench.driver()
        driver.isKeptOutside = { try await writer.write() >= $0 }
        try await bench.finish(request, driver)
        var scope = LegalHold.Scope()
        scope.tenant = before.erased.tenant
        let placed = try await bench.place(scope)
        scope.tenant = before.other
        try await bench.release(try await bench.place(scope))
        try await writer.write()
        return LostHistory(
            backup: backup, folder: folder,
            checkpoint: try SignedCheckpoint(parsing: Array(try await bench.reader.head().checkpoint.utf8)),
            erased: before.erased, other: before.other, request: request, released: before.released, placed: placed)
    }
}

extension Client {
    struct Person: Sendable {
        let tenant: TenantID
        let handle: ActorHandle
    }
}
