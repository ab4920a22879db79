import AuditLog
import Billing
import CanonicalJSON
import Crypto
import EventStore
import Foundation
import Gateway
import HTTPTypes
import Identity
import LogTesting
import Postgres
import PostgresTesting
import Sealing
import Testing

extension GatewayTests {
    /// What is kept, and what becomes of rows that somebody else has changed.
    @Suite("Stored tokens", .vault)
    struct TokenIntegrityTests {
        private let gateway: TestGateway
        private let provider: TestProvider

        init() throws {
            gateway = try TestGateway.shared
            provider = try #require(VaultTrait.provider)
        }

        private func refused(_ person: Connected) async throws {
            let asked = provider.requests
            expect(try await gateway.lease(person), is: 500, "internal")
            #expect(provider.requests == asked)
            #expect(try await gateway.tokenEvents(of: person.customer).last == "token.refused row_mismatch")
        }

        @Test("two rows that were swapped are of no use, in one tenant or in two", arguments: [true, false])
        func swapped(isWithinTenant: Bool) async throws {
            let first = try await gateway.connected(to: provider)
            var second = try await gateway.connected(to: provider)
            if isWithinTenant {
                let subject = UUID()
                let token = try await gateway.identity.user(
                    of: first.customer.tenant, subject: subject, client: TestIdentity.agentClient)
                second = Connected(
                    customer: Customer(tenant: first.customer.tenant, subject: subject, token: token),
                    agent: first.agent,
                    refreshToken: provider.grants.begin(tenant: first.customer.tenant, scopes: [TestGateway.erp]))
                let put = try await gateway.onBehalf(
                    second.customer, .put, "/v1/tokens",
                    TestGateway.storing(second.refreshToken, scope: TestGateway.erp), agent: second.agent)
                #expect(put.status == 200)
            }
            // Whatever a row holds but its key.
            let columns = "record_id, generation, kek_version, wrapped, envelope, scopes"
            try await gateway.script(
                """
                UPDATE zentriq.vault_tokens AS t
                SET (\(columns)) = (
                    SELECT \(columns) FROM zentriq.vault_tokens AS o
                    WHERE (o.tenant_id, o.subject) <> (t.tenant_id, t.subject)
                        AND o.tenant_id IN ('\(first.customer.id)', '\(second.customer.id)'))
                WHERE t.tenant_id IN ('\(first.customer.id)', '\(second.customer.id)')
                """)
            try await refused(first)
            try await refused(second)
        }

        @Test("an older row that was put back is of no use; the right one is")
        func restored() async throws {
            let person = try await gateway.connected(to: provider)
            try await gateway.script("DROP TABLE IF EXISTS kept; CREATE TABLE kept AS TABLE zentriq.vault_tokens")
            #expect(try await gateway.lease(person).status == 200)
            try await gateway.script("CREATE TABLE kept_later AS TABLE zentriq.vault_tokens")
            func putBack(_ table: String) async throws {
                try await gateway.script(
                    """
                    DELETE FROM zentriq.vault_tokens WHERE tenant_id = '\(person.customer.id)';
                    INSERT INTO zentriq.vault_tokens SELECT * FROM \(table) WHERE tenant_id = '\(person.customer.id)'
                    """)
            }
            try await putBack("kept")
            try await refused(person)
            try await putBack("kept_later")
            #expect(try await gateway.lease(person).status == 200)
            #expect(try await gateway.send(.delete, "/v1/tokens", token: person.customer.token).status == 200)
            try await putBack("kept_later")
            try await refused(person)
            try await gateway.script("DROP TABLE kept, kept_later")
        }

        @Test(
            "a row of which one byte was changed is of no use",
            arguments: ["wrapped", "envelope", "generation", "record_id", "kek_version"])
        func changed(column: String) async throws {
            let person = try await gateway.connected(to: provider)
            let value =
                switch column {
                case "generation", "kek_version": "\(column) + 1"
                case "record_id": "gen_random_uuid()"
                default: "set_byte(\(column), 40, get_byte(\(column), 40) # 1)"
                }
            // Behind the back of the database, which refuses another version by itself.
            try await gateway.script(
                """
                SET session_replication_role = replica;
                UPDATE zentriq.vault_tokens SET \(column) = \(value) WHERE tenant_id = '\(person.customer.id)'
                """)
            try await refused(person)
        }

        @Test("ENC-02: an independent script opens a row with the key-encryption key, and no changed one")
        func pythonExample() async throws {
            let person = try await gateway.connected(to: provider)
            let document = try String(contentsOf: Self.document, encoding: .utf8)
            let query = try #require(
                document.split(separator: "```sql\n").dropFirst().first?.split(separator: "```").first)
            let row = try await gateway.connected(as: .superuser) { connection in
                try await connection.query(Statement(String(query.replacing("TENANT", with: person.customer.id))))
                    .only().string(0)
            }
            try await withTemporaryFolder { folder in
                let file = folder.appending(path: "row.json")
                let key = try #require(
                    gateway.platform.configuration.keys.all.last as? KeyEncryptionKey
                ).text
                func run(_ row: String, key: String) throws -> PythonExample.Output {
                    try Data(row.utf8).write(to: file)
                    try Data((key + "\n").utf8).write(to: folder.appending(path: "1.key"))
                    return try PythonExample.run("open_token.py", file.path, folder.path)
                }
                let good = try run(row, key: key)
                #expect(good.status == 0, "\(good.text)")
                let digest = SHA256.hash(data: Data(person.refreshToken.utf8)).map { byte in
                    (byte < 16 ? "0" : "") + String(byte, radix: 16)
                }.joined()
                #expect(good.text.contains(digest))
                #expect(!good.text.contains(person.refreshToken))
                #expect(try run(row, key: KeyEncryptionKey(randomWithVersion: 1).text).status != 0)
                for member in ["tenant", "subject", "record", "generation", "product", "wrapped", "envelope", "log"] {
                    var object = try #require(try JSONParser.parse(Array(row.utf8)).objectValue)
                    let value = try #require(object[member]?.stringValue)
                    object[member] = .string(String(value.dropLast()) + (value.hasSuffix("0") ? "1" : "0"))
                    let changed = String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self)
                    #expect(try run(changed, key: key).status != 0, "\(member)")
                }
            }
        }

        @Test("RET-04: unused on day 90 a token is kept, on day 91 it is gone, with an event")
        func sweep() async throws {
            let clock = gateway.clock
            let person = try await gateway.connected(to: provider)
            let used = try await gateway.connected(to: provider)
            // To the last moment of the day, 90 days later.
            let day: Int64 = 86_400
            clock.advance(seconds: 90 * day + (day - clock.now / 1_000_000 % day) - 1)
            try await gateway.platform.vault.sweep()
            #expect(try await gateway.generation(of: person.customer) == 1)
            let token = try await gateway.identity.user(
                of: used.customer.tenant, subject: used.customer.subject, client: TestIdentity.agentClient)
            let agent = try await gateway.identity.application("agent")
            let now = Connected(
                customer: Customer(tenant: used.customer.tenant, subject: used.customer.subject, token: token),
                agent: agent, refreshToken: "")
            #expect(try await gateway.lease(now).status == 200)
            clock.advance(seconds: 1)
            try await gateway.platform.vault.sweep()
            #expect(try await gateway.generation(of: person.customer) == nil)
            #expect(try await gateway.generation(of: used.customer) == 2)
            #expect(try await gateway.tokenEvents(of: person.customer) == ["token.stored", "token.expired"])
            #expect(try await gateway.platform.vault.sweep() == 0)
        }

        @Test("ENC-04: a token is found in no table, file of the server, dump, or log line")
        func canary() async throws {
            let person = try await gateway.connected(to: provider)
            let first = try await gateway.lease(person)
            let accessToken = try #require(first["access_token"])
            try await gateway.forgetSharedAnswers()
            #expect(try await gateway.lease(person).status == 200)
            let bad = try await gateway.onBehalf(
                person.customer, .put, "/v1/tokens",
                ["refresh_token": .string(person.refreshToken), "scope": .string(person.refreshToken)],
                agent: person.agent)
            expect(bad, is: 422)
            #expect(!bad.text.contains(person.refreshToken))
            provider.fail(.lost)
            try await gateway.forgetSharedAnswers()
            #expect(try await gateway.lease(person).status == 503)

            let (data, files) = try await serverFiles()
            // Something that must be found, so that looking in vain means something.
            let witness = Data(person.customer.id.utf8) + Data()
            #expect(!files.isEmpty)
            #expect(gateway.logs.lines.contains { $0.contains("/v1/tokens/lease") })
            var hasWitness = false
            for file in files {
                guard let bytes = try? Data(contentsOf: file, options: .mappedIfSafe) else { continue }
                for secret in [person.refreshToken, accessToken] {
                    #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(file.path.dropFirst(data.count))")
                }
                hasWitness =
                    hasWitness || bytes.range(of: Data(Self.bytes(person.customer.tenant))) != nil
                    || bytes.range(of: witness) != nil
            }
            #expect(hasWitness)
            let dump = try await dump()
            #expect(dump.range(of: Data("COPY zentriq.vault_tokens".utf8)) != nil)
            #expect(dump.range(of: Data(person.customer.id.utf8)) != nil)
            for secret in [person.refreshToken, accessToken] {
                #expect(!gateway.logs.lines.contains { $0.contains(secret) })
                // As text, as a column of bytes is written, and in Base64.
                let hex = secret.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                for form in [secret, hex, String(Data(secret.utf8).base64EncodedString().dropLast(4))] {
                    #expect(dump.range(of: Data(form.utf8)) == nil)
                }
            }
            #expect("\(try await gateway.platform.vault.stored(of: subject(person)))".contains("agent"))
        }

        private func subject(_ person: Connected) async throws -> DataSubject {
            let tenant = TenantID(person.customer.tenant)
            let handle = try #require(
                try await gateway.platform.subjects.knownHandle(of: person.customer.subject, in: tenant))
            return DataSubject(tenant, handle)
        }

        private static func bytes(_ id: UUID) -> [UInt8] { withUnsafeBytes(of: id.uuid) { Array($0) } }

        /// Everything below the server's folder, its log included.
        private func serverFiles() async throws -> (folder: String, files: [URL]) {
            let data = try await gateway.connected(as: .superuser) { connection in
                try await connection.script("CHECKPOINT")
                return try await connection.query("SHOW data_directory").only().string(0)
            }
            let folder = URL(filePath: data).deletingLastPathComponent()
            let contents = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
            let files = contents?.compactMap { $0 as? URL }.filter {
                (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
            }
            return (folder.path, files ?? [])
        }

        /// What `pg_dump` makes of the database.
        private func dump() async throws -> Data {
            let configuration = try gateway.configuration(.superuser)
            let programs = try await gateway.connected(as: .superuser) { connection in
                try await connection.query("SELECT setting FROM pg_config WHERE name = 'BINDIR'").only().string(0)
            }
            return try await withTemporaryFolder { folder in
                let file = folder.appending(path: "dump.sql")
                let process = Process()
                process.executableURL = URL(filePath: programs).appending(path: "pg_dump")
                process.arguments = [
                    "--host", configuration.host, "--port", String(configuration.port), "--username",
                    configuration.user, "--file", file.path, configuration.database,
                ]
                process.environment = ["PGPASSWORD": configuration.password ?? ""]
                let status: Int32 = try await withCheckedThrowingContinuation { continuation in
                    process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
                    do { try process.run() } catch { continuation.resume(throwing: error) }
                }
                try #require(status == 0, "pg_dump failed")
                return try Data(contentsOf: file)
            }
        }

        private static let document = URL(filePath: TestGateway.schemaDirectory).deletingLastPathComponent()
            .appending(path: "docs/VAULT.md")
    }
}
