import CanonicalJSON
import Foundation
import Glibc
import HTTPTypes
import Identity
import Postgres
import PostgresTesting
import Synchronization
import Testing

/// The service itself, in a process of its own, killed by SIGKILL.
@Suite("The token vault and SIGKILL", .timeLimit(.minutes(10)))
struct TokenCrashTests {
    @Test("whenever it is killed, no generation is lost, no row and event disagree, and nothing is used unrecorded")
    func killed() async throws {
        let seed = ProcessInfo.processInfo.environment["ZENTRIQ_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
        print("ZENTRIQ_SEED=\(seed)")
        let delays = (0..<4).map { round in Int(seed >> UInt64(round * 8) & 0xFF) * 2 }
        try await TestDatabase.with { database in
            try await TestProvider.with { provider in
                try await withTemporaryFolder { folder in
                    let service = try await KilledService(database, provider, folder)
                    defer { service.kill() }
                    var people = try await service.whileAsking()
                    people += try await service.whileStoring(isEnding: false)
                    people += try await service.whileStoring(isEnding: true)
                    for delay in delays { people += try await service.underLoad(after: .milliseconds(delay)) }
                    for person in people { try await service.expectUsable(person) }
                    try await service.expectAgreement()
                }
            }
        }
    }
}

/// The executable as it was built beside the tests, on a database and with an identity provider that outlive it.
private final class KilledService: Sendable {
    private static let agentClient = uuid("c0000000-0000-4000-8000-000000000002")
    private static let backendClient = uuid("c0000000-0000-4000-8000-000000000003")
    private static let operatorTenant = uuid("0e0e0e0e-0000-4000-8000-00000000000e")

    struct Person: Sendable {
        let tenant: UUID
        let token: String
        /// Whether they have asked to be disconnected, and got no answer.
        var mayBeGone = false
    }

    private let database: TestDatabase
    private let provider: TestProvider
    private let environment: [String: String]
    private let log: URL
    private let issuer: DevelopmentIssuer
    private let agent: String
    private let state = Mutex<(process: Process?, port: Int)>((nil, 0))

    private var port: Int { state.withLock { $0.port } }

    init(_ database: TestDatabase, _ provider: TestProvider, _ folder: URL) async throws {
        (self.database, self.provider, log) = (database, provider, folder.appending(path: "log"))
        let gateway = try database.configuration(role: .gateway)
        let secret = folder.appending(path: "secret").path
        try #require(
            FileManager.default.createFile(
                atPath: secret, contents: Data("development\n".utf8), attributes: [.posixPermissions: 0o400]))
        var environment = [
            "ZENTRIQ_DATABASE_SOCKET": gateway.host, "ZENTRIQ_DATABASE_PORT": "\(gateway.port)",
            "ZENTRIQ_DATABASE_NAME": gateway.database, "ZENTRIQ_DATA_DIRECTORY": folder.path,
            "ZENTRIQ_SCHEMA_DIRECTORY": TestGateway.schemaDirectory, "ZENTRIQ_HTTP_PORT": "0",
            "ZENTRIQ_METRICS_PORT": "0", "ZENTRIQ_VAULT_PERSON_PER_MINUTE": "1000000",
            "ZENTRIQ_VAULT_PERSON_PER_HOUR": "1000000",
            "ZENTRIQ_VAULT_CLIENT": TestIdentity.agentClient.uuidString.lowercased(),
            "ZENTRIQ_VAULT_CLIENT_SECRET_FILE": secret,
            "ZENTRIQ_VAULT_TOKEN_URL": "http://127.0.0.1:\(provider.port)/development/{tenantid}/oauth2/v2.0/token",
        ]
        for (name, role) in [
            ("GATEWAY", TestDatabase.Role.gateway), ("PROJECTOR", .projector), ("AUDITOR", .auditor),
        ] {
            environment["ZENTRIQ_\(name)_PASSWORD"] = try database.configuration(role: role).password
        }
        self.environment = environment
        issuer = try await DevelopmentIssuer(
            keyFile: folder.appending(path: "development-issuer.pem").path, audience: "api://zentriq-development",
            clock: { Int64(Date.now.timeIntervalSince1970 * 1_000_000) })
        agent = try await issuer.applicationToken(
            tenant: Self.operatorTenant, subject: UUID(), roles: ["agent"], client: Self.backendClient)
        try await start()
    }

    // MARK: When it is killed

    /// The identity provider has renewed the token, and its answer is on the way.
    func whileAsking() async throws -> [Person] {
        let people = try await connected(2)
        let asked = provider.requests
        provider.fail(.held, .held)
        let requests = people.map { person in Task { [self] in try await lease(person) } }
        while provider.requests < asked + people.count { try await Task.sleep(for: .milliseconds(5)) }
        try await provider.isHolding()
        try await restart()
        provider.release()
        for request in requests { if case .success = await request.result { Issue.record("it has answered") } }
        return people
    }

    /// Two transactions are under way: of a token that was renewed, and of one that ends, or makes way for another.
    func whileStoring(isEnding: Bool) async throws -> [Person] {
        var people = try await connected(2)
        provider.fail(.held)
        let lease = Task { [self, people] in try await self.lease(people[0]) }
        try await provider.isHolding()
        let (locking, watching) = (
            try await database.connect(role: .superuser), try await database.connect(role: .superuser)
        )
        try await locking.script("BEGIN")
        try await locking.query(
            "SELECT FROM zentriq.vault_tokens WHERE tenant_id = ANY ($1::text[]::uuid[]) FOR UPDATE",
            [.textArray(people.map { $0.tenant.uuidString })])
        provider.release()
        let other = Task { [self, people] in
            isEnding ? try await disconnect(people[1]) : try await store(people[1])
        }
        while try await watching.query(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).count < people.count {
            try await Task.sleep(for: .milliseconds(5))
        }
        kill()
        try await locking.script("ROLLBACK")
        for connection in [locking, watching] { await connection.close() }
        for request in [lease, other] {
            if case .success = await request.result { Issue.record("it has answered") }
        }
        try await start()
        people[1].mayBeGone = isEnding
        return people
    }

    /// Somewhere between all that.
    func underLoad(after delay: Duration) async throws -> [Person] {
        let people = try await connected(4)
        let load = Task { [self] in
            await withTaskGroup(of: Void.self) { group in
                for (index, person) in people.enumerated() {
                    group.addTask { [self] in
                        while (try? await lease(person)) != nil {
                            // So that the next one is renewed again.
                            if index == 0, (try? await store(person)) == nil { return }
                            try? await forgetAnswers()
                        }
                    }
                }
            }
        }
        try await Task.sleep(for: delay)
        try await restart()
        await load.value
        return people
    }

    // MARK: Afterwards

    /// Whoever was in flight waits until nobody can be any more.
    func expectUsable(_ person: Person) async throws {
        try await forgetAnswers()
        while true {
            let answer = try await lease(person)
            if answer.status == 200 { return }
            if answer.status == 404, person.mayBeGone { return }
            guard answer.status == 503 else {
                Issue.record("\(answer.status) \(answer.text)")
                return
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    func expectAgreement() async throws {
        let connection = try await database.connect(role: .superuser)
        #expect(try await connection.contradictedTokens() == [])
        let events = try await connection.query("SELECT type FROM zentriq.events WHERE type LIKE 'token.%'")
            .map { try $0.string(0) }
        await connection.close()
        let count = { (type: String) in events.count { $0 == type } }
        #expect(count("token.consent_required") == 0)
        #expect(provider.requests <= count("token.leased"))
        print("leased \(count("token.leased")), asked \(provider.requests), rotated \(count("token.rotated"))")
    }

    // MARK: The process

    func start() async throws {
        try Data().write(to: log)
        let new = Process()
        new.executableURL = Bundle.main.bundleURL.appending(path: "zentriq")
        new.arguments = ["dev", "--no-demo"]
        new.environment = environment
        new.standardInput = FileHandle.nullDevice
        let output = try FileHandle(forWritingTo: log)
        (new.standardOutput, new.standardError) = (output, output)
        try new.run()
        state.withLock { $0.process = new }
        while true {
            let text = try String(contentsOf: log, encoding: .utf8)
            if let match = text.firstMatch(of: /127\.0\.0\.1:([0-9]+) .*serving/), let port = Int(match.1) {
                state.withLock { $0.port = port }
                return
            }
            guard new.isRunning else {
                Issue.record("it has ended: \(text)")
                throw CancellationError()
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func kill() {
        state.withLock { state in
            guard let process = state.process else { return }
            _ = Glibc.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            state.process = nil
        }
    }

    private func restart() async throws {
        kill()
        try await start()
    }

    // MARK: Requests

    private func connected(_ count: Int) async throws -> [Person] {
        var people: [Person] = []
        for _ in 0..<count {
            let tenant = UUID()
            let token = try await issuer.userToken(
                tenant: tenant, subject: UUID(), scopes: ["credits"], client: Self.agentClient)
            let person = Person(tenant: tenant, token: token)
            // A service that has just begun answers 503 until its log is open.
            while try await store(person).status == 503 { try await Task.sleep(for: .milliseconds(20)) }
            people.append(person)
        }
        return people
    }

    private func store(_ person: Person) async throws -> Answer {
        let token = provider.grants.begin(tenant: person.tenant, scopes: [TestGateway.erp, "offline_access"])
        return try await send(.put, "/v1/tokens", TestGateway.storing(token), of: person)
    }

    private func lease(_ person: Person) async throws -> Answer {
        try await send(.post, "/v1/tokens/lease", TestGateway.leasing(), of: person)
    }

    private func disconnect(_ person: Person) async throws -> Answer {
        try await SocketClient.with(port: port) { client in
            try await client.send(.delete, "/v1/tokens", [.authorization: "Bearer \(person.token)"], nil)
        }
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONObject, of person: Person
    ) async throws -> Answer {
        try await SocketClient.with(port: port) { client in
            try await client.send(
                method, path,
                [
                    .authorization: "Bearer \(agent)", .onBehalfOf: "Bearer \(person.token)",
                    .contentType: "application/json",
                ], JSONValue.object(body).canonicalBytes())
        }
    }

    private func forgetAnswers() async throws {
        let connection = try await database.connect(role: .superuser)
        try await connection.script("UPDATE zentriq.vault_tokens SET answer = NULL, answered_at = NULL")
        await connection.close()
    }

    private static func uuid(_ text: String) -> UUID {
        guard let uuid = UUID(uuidString: text) else { preconditionFailure("\(text) is no UUID") }
        return uuid
    }
}
