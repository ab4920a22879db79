import AuditLog
import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Synchronization
import Testing
import TransparencyLog

@Suite("zentriq staff", .timeLimit(.minutes(10)))
struct StaffCommandTests {
    private static func environment(_ bench: Bench) throws -> [String: String] {
        let key = try NoteSigner(name: KeyName(Bench.origin), seed: [UInt8](repeating: 7, count: 32))
        let gateway = try bench.database.configuration(role: .gateway)
        var environment = [
            "ZENTRIQ_DATABASE_SOCKET": gateway.host, "ZENTRIQ_DATABASE_PORT": String(gateway.port),
            "ZENTRIQ_DATABASE_NAME": gateway.database, "ZENTRIQ_KEK_FOLDER": BenchKeys.folder,
            "ZENTRIQ_LOG_KEY": key.privateKeyText(), "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin",
            "PGOPTIONS": "-c pgaudit.log=none", "TMPDIR": NSTemporaryDirectory(),
        ]
        for role in [TestDatabase.Role.gateway, .projector, .auditor, .access] {
            let name = role.rawValue.dropFirst("zentriq_".count).uppercased()
            environment["ZENTRIQ_\(name)_PASSWORD"] = try bench.database.configuration(role: role).password
        }
        return environment
    }

    /// What somebody has on their phone. Of the three codes that are taken at a time, each is given once.
    private final class Phone: Sendable {
        private let password: OneTimePassword
        private let last = Mutex<Int64>(0)

        init(_ enrolment: [String: Any]) throws {
            let address = try #require(enrolment["address"] as? String)
            let secret = try #require(URLComponents(string: address)?.queryItems?.first { $0.name == "secret" }?.value)
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
            let bits = secret.flatMap { letter in
                (0..<5).map { (alphabet.firstIndex(of: letter) ?? 0) >> (4 - $0) & 1 }
            }
            password = OneTimePassword(
                algorithm: .sha1,
                secret: stride(from: 0, to: bits.count - 7, by: 8).map { start in
                    bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | UInt8($1) }
                })
        }

        func line() async throws -> [UInt8] {
            while true {
                let now = OneTimePassword.step(at: WallClock.system.now())
                let step = last.withLock { last in
                    last = max(last + 1, now)
                    return last
                }
                if step <= now + 1 { return Array("\(password.code(at: step))\n".utf8) }
                last.withLock { $0 -= 1 }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    private static func json<Value>(_ output: Tool.Output, as: Value.Type = Value.self) throws -> Value {
        try #require(try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? Value, "\(output)")
    }

    @Test("takes two people from an empty roster to a session and its end")
    func life() async throws {
        try await Bench.with { bench in
            let environment = try Self.environment(bench)
            try await bench.pretendRecorder()
            func staff(_ arguments: [String], _ input: [UInt8] = []) async throws -> Tool.Output {
                try await Tool.run(["staff"] + arguments, environment: environment, input: input)
            }
            #expect(try await staff(["roster"]).text.contains("Nobody is enrolled"))
            let enrolled = try await staff(["enrol", "--name", "Ada", "--name", "Grace", "--json"])
            #expect(enrolled.status == 0, "\(enrolled)")
            let phones = try enrolled.text.split(separator: "\n").map { line in
                try Phone(#require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]))
            }
            #expect(phones.count == 2)
            #expect(try await staff(["roster"]).text.contains("seat 2"))

            let request = [
                "request", "--seat", "1", "--reason", "a statement does not add up", "--ticket", "CASE-7", "--scope",
                "read-only", "--minutes", "5", "--json",
            ]
            let wrong = try await staff(request, Array("000000\n".utf8))
            #expect(
                wrong.status == 1 && wrong.errors == "zentriq: the code is wrong, or its time is over\n", "\(wrong)")
            let none = try await staff(request)
            #expect(none.status == 1 && none.errors.split(separator: "\n").count == 1, "\(none)")
            let requested = try await staff(request, phones[0].line())
            #expect(requested.status == 0, "\(requested)")
            let id = try #require(Self.json(requested, as: [String: Any].self)["access"] as? String)
            let approved = try await staff(["approve", id, "--seat", "2"], phones[1].line())
            #expect(approved.status == 0 && approved.text == "The access \(id) is granted.\n", "\(approved)")

            let sql = Array("SHOW pgaudit.log;\nSELECT size > 0 AS holds FROM heads;\n".utf8)
            let session = try await staff(["connect", id, "--seat", "1"], phones[0].line() + sql)
            #expect(session.status == 0, "\(session)")
            #expect(session.text.contains(" all\n") && session.text.contains(" t\n"), "\(session)")
            let shown = try await staff(["connect", id, "--seat", "1", "--show"], phones[0].line())
            let login = try Self.json(shown, as: [String: Any].self)
            var configuration = try bench.database.configuration(role: .gateway)
            configuration.user = try #require(login["user"] as? String)
            configuration.password = login["password"] as? String
            let connection = try await PostgresConnection.connect(configuration)
            #expect(try await connection.query("SELECT count(*) FROM streams").only().int64(0) > 0)

            let list = try await staff(["grants", "--json"])
            #expect(list.status == 0, "\(list)")
            #expect(try Self.json(list, as: [[String: Any]].self).first?["requested_by_seat"] as? Int == 1)
            let revoked = try await staff(["revoke", id, "--seat", "2", "--json"], phones[1].line())
            #expect(revoked.status == 0, "\(revoked)")
            try await Self.end(bench)
            await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1::int8") }
            let all = try await staff(["grants", "--all"])
            #expect(all.text.contains("\(id)  ended  5 min  read-only  seat 1"), "\(all)")
            let sessions = try await staff(["sessions"])
            #expect(sessions.status == 0 && sessions.text.isEmpty, "\(sessions)")
            let replay = try await staff(["replay", "6b01fef2.166b"])
            #expect(
                replay.status == 1
                    && replay.errors == "zentriq: there is no session 6b01fef2.166b; see zentriq staff sessions\n",
                "\(replay)")
            await connection.close()
        }
    }

    @Test("says by its exit code that a break-glass wants a review")
    func breakGlass() async throws {
        try await Bench.with { bench in
            let environment = try Self.environment(bench)
            try await bench.pretendRecorder()
            let enrolled = try await Tool.run(
                ["staff", "enrol", "--name", "Ada", "--name", "Grace", "--json"], environment: environment)
            let line = try #require(enrolled.text.split(separator: "\n").first)
            let phone = try Phone(#require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]))
            let taken = try await Tool.run(
                [
                    "staff", "request", "--seat", "1", "--reason", "everything is down", "--ticket", "INC-1", "--scope",
                    "tables", "--table", "heads", "--minutes", "15", "--break-glass",
                ], environment: environment, input: phone.line())
            #expect(taken.status == 0 && taken.errors.contains("review"), "\(taken)")
            let list = try await Tool.run(["staff", "grants"], environment: environment)
            #expect(list.status == 2 && list.text.contains("wants a review"), "\(list)")
        }
    }

    @Test(
        "says in a line what is wrong with its arguments",
        arguments: [
            ["request", "--seat", "3", "--reason", "x", "--ticket", "x", "--scope", "read-only", "--minutes", "5"],
            ["request", "--seat", "1", "--reason", "x", "--ticket", "x", "--scope", "everything", "--minutes", "5"],
            ["request", "--seat", "1", "--reason", "x", "--ticket", "x", "--scope", "tables", "--minutes", "5"],
            [
                "request", "--seat", "1", "--reason", "x", "--ticket", "x", "--scope", "read-only", "--tenant",
                "11111111-1111-4111-8111-111111111111", "--minutes", "5",
            ],
            ["request", "--seat", "1", "--scope", "read-only", "--minutes", "5"], ["approve", "x", "--seat", "1"],
            ["approve", "11111111-1111-4111-8111-111111111111", "--seat", "1", "123456"], ["connect"], ["enrol"],
            ["enrol", "--name", "x", "--algorithm", "MD5"],
        ])
    func badArguments(arguments: [String]) async throws {
        let output = try await Tool.run(["staff"] + arguments)
        #expect(output.status == 64, "\(output)")
        #expect(output.text.isEmpty)
    }

    private static func end(_ bench: Bench) async throws {
        let pool = PostgresPool(configuration: try bench.database.configuration(role: .access), size: 1)
        let ender = AccessEnder(
            database: StaffDatabase(log: Bench.log, pool: pool),
            ledger: StaffLedger(writer: bench.writer, reader: bench.reader), reader: bench.auditorReader,
            clock: bench.clock.wallClock, logger: bench.logger)
        try await ender.run()
        await pool.close()
    }
}
