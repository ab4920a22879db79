package import AuditLog
package import Billing
import CreditDomain
package import EventStore
import Foundation
package import Logging
package import Postgres
package import PostgresTesting
package import Sealing
import TransparencyLog

/// A log of its own in a database of its own, with its writer at work, readers in the roles of the service, and a clock
/// that only the test moves.
package struct Bench: Sendable {
    package static let origin = "log.test.example/bench"
    package static let log = LogID(1)

    package let database: TestDatabase
    package let clock: TestClock
    package let signal: CommitSignal
    package let writer: CreditLedger.Writer
    package let ledger: CreditLedger
    /// With the gateway's role: sees one tenant at a time.
    package let reader: LogReader
    /// With the projector's role: sees all tenants.
    package let projectorReader: LogReader
    package let projectorPool: PostgresPool
    /// With the auditor's role, and keys: sees all tenants, and opens what is sealed.
    package let auditorReader: LogReader
    package let auditorPool: PostgresPool
    package let subjects: SubjectDirectory
    /// With an identity provider that nobody is at.
    package let vault: TokenVault
    package let logger: Logger

    package let gatewayPool: PostgresPool
    private let people = People()

    /// Makes one, runs `body`, and takes everything down whatever happens. The clock starts now: the months around the
    /// present have partitions in a new database.
    package static func with<Value: Sendable>(
        start: EventTime = WallClock.system.now(), keys: KeyEncryptionKeys? = nil,
        _ body: @Sendable (Bench) async throws -> Value
    ) async throws -> Value {
        try await TestDatabase.with { try await on($0, start: start, keys: keys, body) }
    }

    /// On a database that is there, and stays.
    ///
    /// - Parameter signer: in place of the one of all benches.
    package static func on<Value: Sendable>(
        _ database: TestDatabase, start: EventTime = WallClock.system.now(), signer: LogSigner? = nil,
        keys: KeyEncryptionKeys? = nil, _ body: @Sendable (Bench) async throws -> Value
    ) async throws -> Value {
        let bench = try await Bench(database, start: start, signer: signer ?? Self.signer, keys: keys)
        let result: Result<Value, any Error>
        do {
            result = .success(try await withRunning(bench.writer) { try await body(bench) })
        } catch {
            result = .failure(error)
        }
        await bench.gatewayPool.close()
        await bench.projectorPool.close()
        await bench.auditorPool.close()
        return try result.get()
    }

    init(_ database: TestDatabase, start: EventTime, signer: LogSigner? = nil, keys: KeyEncryptionKeys? = nil)
        async throws
    {
        let signer = try signer ?? Self.signer
        let keys = try keys ?? Self.keys
        self.database = database
        clock = TestClock(start)
        signal = CommitSignal()
        logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        gatewayPool = PostgresPool(configuration: try database.configuration(role: .gateway), size: 2)
        projectorPool = PostgresPool(configuration: try database.configuration(role: .projector), size: 3)
        reader = LogReader(
            log: Self.log, origin: Self.origin, pool: gatewayPool,
            keys: SubjectKeys(origin: Self.origin, keys: keys))
        subjects = SubjectDirectory(log: Self.log, origin: Self.origin, pool: gatewayPool, keys: keys)
        auditorPool = PostgresPool(configuration: try database.configuration(role: .auditor), size: 2)
        auditorReader = LogReader(
            log: Self.log, origin: Self.origin, pool: auditorPool,
            keys: SubjectKeys(origin: Self.origin, keys: keys))
        projectorReader = LogReader(
            log: Self.log, origin: Self.origin, pool: projectorPool,
            keys: SubjectKeys(origin: Self.origin, keys: keys))
        writer = try Self.writer(on: database, signer: signer, clock: clock, signal: signal, logger: logger)
        ledger = CreditLedger(writer: writer, reader: reader)
        vault = TokenVault(
            log: Self.log, origin: Self.origin, pool: gatewayPool, ledger: TokenLedger(writer: writer, reader: reader),
            privacy: PrivacyLedger(writer: writer, reader: reader),
            joined: JoinedWriter(
                log: Self.log, signer: signer, pool: gatewayPool, clock: clock.wallClock, signal: signal),
            keys: keys,
            provider: TokenEndpoint("https://127.0.0.1:1/", development: false).map {
                IdentityProvider(endpoint: $0, client: "bench", secret: SecretText("bench"))
            }, clock: clock.wallClock, logger: logger)
        try await reader.createLog(signer: signer)
        try await subjects.prepare()
    }

    /// A further writer of the same log, such as another process or the service after a restart would be.
    package func withOtherLedger<Value: Sendable>(
        _ body: @Sendable (CreditLedger) async throws -> Value
    ) async throws -> Value {
        let other = try Self.writer(on: database, signer: Self.signer, clock: clock, signal: signal, logger: logger)
        return try await Self.withRunning(other) { try await body(CreditLedger(writer: other, reader: reader)) }
    }

    /// How many events the log has.
    package func size() async throws -> Int64 {
        try await reader.head().nextPosition.rawValue
    }

    /// The one person of a tenant who captures.
    package func person(of tenant: TenantID) async throws -> SubjectKey {
        try await people.person(of: tenant, in: subjects)
    }

    /// Appends an event as it is, whatever it holds: what a faulty release might have written. Without a key where its type
    /// is not sealed.
    package func plant(_ event: NewEvent, in stream: StreamKey) async throws -> LogPosition {
        let key = event.type.isSealed ? try await person(of: stream.tenant) : nil
        let command = Command<AccountState>(
            tenant: stream.tenant, actor: key?.handle, request: nil, sealing: key, streams: [stream.stream]
        ) { draft in
            draft.append(event, to: stream.stream)
            return Array("{}".utf8)
        }
        guard let position = try await writer.submit(command).position else { throw UnexpectedEvent(event.type.name) }
        return position
    }

    /// Destroys the key that an event is sealed under.
    package func destroyKey(of event: RecordedEvent) async throws {
        let connection = try await database.connect(role: .owner)
        try await connection.query(
            "SELECT zentriq.forget_subject($1, $2, $3)",
            [.int4(Self.log.rawValue), .uuid(event.stream.tenant.rawValue), .uuid(event.actor?.rawValue)])
        await connection.close()
    }

    /// As whoever owns the tables, or with the triggers and policies of the log out of the way.
    package func asSuperuser(_ statements: (Statement, [Parameter])...) async throws {
        let connection = try await database.connect(role: .superuser)
        try await connection.query("SET session_replication_role = replica")
        for (statement, parameters) in statements { try await connection.query(statement, parameters) }
        await connection.close()
    }

    package static var signer: LogSigner {
        get throws { try LogSigner(NoteSigner(name: KeyName(origin), seed: [UInt8](repeating: 7, count: 32))) }
    }

    /// The same for all benches, so that two of them can share a database.
    package static var keys: KeyEncryptionKeys {
        get throws {
            let text = Data(repeating: 0x4B, count: KeyEncryptionKey.byteCount).base64EncodedString()
            guard let key = KeyEncryptionKey(version: 1, parsing: text) else {
                throw UnexpectedEvent("no key")
            }
            return KeyEncryptionKeys(key)
        }
    }

    private static func writer(
        on database: TestDatabase, signer: LogSigner, clock: TestClock, signal: CommitSignal, logger: Logger
    ) throws -> CreditLedger.Writer {
        CreditLedger.Writer(
            log: log, signer: signer, configuration: try database.configuration(role: .gateway),
            clock: clock.wallClock, signal: signal, logger: logger)
    }

    private static func withRunning<Value: Sendable>(
        _ writer: CreditLedger.Writer, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await writer.run() }
            try await waitUntilOpen(writer)
            let value = try await body()
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }

    static func waitUntilOpen(_ writer: CreditLedger.Writer) async throws {
        while !writer.isOpen { try await Task.sleep(for: .milliseconds(2)) }
    }
}
