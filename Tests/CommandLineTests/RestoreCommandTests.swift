import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import RetentionTesting
import Testing
import TransparencyLog

@Suite("zentriq restore", .timeLimit(.minutes(20)))
struct RestoreCommandTests {
    @Test("from the refusal to open to the open gate")
    func story() async throws {
        try await TestDatabase.with { database in
            try await withTemporaryFolder { folder in
                let ledger = folder.appending(path: "ledger")
                try FileManager.default.createDirectory(at: ledger, withIntermediateDirectories: false)
                var environment = try Self.environment(database, folder)
                let person = try await Bench.on(database) { try await Self.before($0) }
                let begun = try await Tool.run(["restore", "export"], environment: environment)
                #expect(begun.status == 0 && begun.text.hasPrefix("The ledger holds"), "\(begun)")
                let backup = try await database.copy()
                let hold = try await Self.after(database, person, environment)
                environment["ZENTRIQ_DATABASE_NAME"] = backup.name
                try await Self.refused(environment, person, folder)
                try await Self.applied(environment, folder, hold)
                try await backup.drop()
            }
        }
    }

    @Test(
        "without a ledger there is nothing to check, and with an empty one nothing to open",
        arguments: [
            (["restore", "check"], "ZENTRIQ_ERASURE_LEDGER is not set"),
            (["restore", "export"], "ZENTRIQ_ERASURE_LEDGER is not set"),
            (["restore", "check", "--ledger", "/nowhere"], "/nowhere: No such file or directory"),
            (["restore", "export", "--to", "/nowhere"], "/nowhere: No such file or directory"),
            (["restore", "check", "--ledger", "/proc"], "is empty, and the log is not"),
            (["restore", "export", "--to", "/proc"], "/proc/entries-1: "),
            (["restore", "apply", "--ledger", "/proc", "--next", "/nowhere"], "/nowhere"),
        ] as [([String], String)])
    func unusable(arguments: [String], words: String) async throws {
        try await Self.shared.use { bench in
            try await Client(bench).grant(1)
            try await withTemporaryFolder { folder in
                var environment = try Self.environment(bench.database, folder)
                environment["ZENTRIQ_ERASURE_LEDGER"] = nil
                let output = try await Tool.run(arguments, environment: environment)
                #expect(output.status == 78 && output.errors.contains(words), "\(output)")
                #expect(output.errors.split(separator: "\n").count == 1, "\(output)")
            }
        }
    }

    private struct Person: Sendable {
        let tenant: String
        let handle: String
    }

    private static let shared = SharedBench()

    private static func before(_ bench: Bench) async throws -> Person {
        let client = Client(bench)
        let key = try await bench.person(of: client.tenant)
        try await bench.adopt()
        try await bench.ledger.register(
            tenant: client.tenant, subject: key.handle, by: Requester(actor: key.handle, request: nil))
        try await client.grant(10)
        for _ in 0..<3 { try await client.capture() }
        try await bench.fillBundle(Client(bench))
        return Person(tenant: client.tenant.rawValue.lowercaseText, handle: key.handle.rawValue.lowercaseText)
    }

    /// - Returns: the hold that was placed.
    private static func after(
        _ database: TestDatabase, _ person: Person, _ environment: [String: String]
    ) async throws -> String {
        try await Bench.on(database) { bench in
            let erase = ["erase", "--tenant", person.tenant, "--subject", person.handle]
            #expect(try await Tool.run(erase, environment: environment).status == 2)
            try await bench.fillBundle(Client(bench))
            let erased = try await Tool.run(erase, environment: environment)
            #expect(erased.status == 0, "\(erased)")
            // The key is gone by now; there is nothing left to do.
            let again = try await Tool.run(erase, environment: environment)
            #expect(again.status == 0 && again.text == erased.text, "\(again)")
            let placed = try await Tool.run(
                [
                    "retention", "hold", "place", "--tenant", UUID().uuidString.lowercased(), "--reason", "case 4711",
                    "--by", "legal office",
                ], environment: environment)
            #expect(placed.status == 0, "\(placed)")
            let verified = try await Tool.run(["verify", "log"], environment: environment)
            #expect(verified.status == 0, "\(verified)")
            return placed.text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    private static func refused(_ environment: [String: String], _ person: Person, _ folder: URL) async throws {
        let key = folder.appending(path: "refused.key").path
        #expect(try await Tool.run(["keys", "log", "generate", "--origin", Bench.origin, key]).status == 0)
        for arguments in [
            ["dev", "--no-demo"], ["sweep"], ["keys", "log", "rotate", "--next", key], ["keys", "kek", "rotate"],
            ["retention", "policy", "apply"],
            ["retention", "hold", "release", UUID().uuidString.lowercased(), "--reason", "x", "--by", "legal office"],
            ["retention", "hold", "place", "--reason", "case 1", "--by", "legal office"],
            ["erase", "--tenant", person.tenant, "--subject", person.handle], ["restore", "export"],
        ] {
            let refused = try await Tool.run(arguments, environment: environment)
            #expect(refused.status == 3 && refused.errors.contains("it was restored from a backup"), "\(refused)")
        }
        let check = try await Tool.run(["restore", "check"], environment: environment)
        #expect(check.status == 3 && check.text.contains("BEHIND its ledger\n"), "\(check)")
        #expect(check.text.contains("AGAIN     erase the person \(person.handle) of the tenant"), "\(check)")
        let json = try await Tool.run(["restore", "check", "--json"], environment: environment)
        #expect(json.status == 3 && json.text.contains("\"may_open\":false"), "\(json)")
        #expect(json.text.contains("\"standing\":\"behind\"") && json.text.contains("\"action\":\"erase\""), "\(json)")
    }

    private static func applied(_ old: [String: String], _ folder: URL, _ hold: String) async throws {
        let (used, next) = (folder.appending(path: "used.key"), folder.appending(path: "next.key"))
        try Data(((old["ZENTRIQ_LOG_KEY"] ?? "") + "\n").utf8).write(to: used)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: used.path)
        let same = try await Tool.run(["restore", "apply", "--next", used.path], environment: old)
        #expect(same.status == 78 && same.errors.contains("has signed events that were lost"), "\(same)")
        let made = try await Tool.run(["keys", "log", "generate", "--origin", Bench.origin, next.path])
        #expect(made.status == 0, "\(made)")
        let apply = ["restore", "apply", "--next", next.path]
        let dry = try await Tool.run(apply + ["--dry-run"], environment: old)
        #expect(dry.status == 0 && dry.text.contains("AGAIN     erase the person"), "\(dry)")
        #expect(try await Tool.run(["restore", "check"], environment: old).status == 3)
        let done = try await Tool.run(apply, environment: old)
        #expect(done.status == 0 && done.text.contains("Done: 2 steps; 0 events were swept."), "\(done)")
        #expect(done.text.contains("0 stored tokens were destroyed") && done.text.contains("ZENTRIQ_ACCESS_PASSWORD"))
        let again = try await Tool.run(apply, environment: old)
        #expect(again.status == 0 && again.text == "Nothing is to be applied again.\n", "\(again)")
        // The old key is not taken any more.
        let other = try await Tool.run(["dev", "--no-demo"], environment: old)
        #expect(other.status == 78 && other.errors.contains("signed by another key"), "\(other)")
        var environment = old
        environment["ZENTRIQ_LOG_KEY"] = nil
        environment["ZENTRIQ_LOG_KEY_FILE"] = next.path
        let check = try await Tool.run(["restore", "check"], environment: environment)
        #expect(check.status == 0 && check.text.contains("the service may open"), "\(check)")
        let list = try await Tool.run(["retention", "hold", "list"], environment: environment)
        #expect(list.text == "\(hold)  in force  legal office: case 4711\n", "\(list)")
        let verified = try await Tool.run(["verify", "log"], environment: environment)
        #expect(verified.status == 0 && verified.text.contains("RESTORED  at position "), "\(verified)")
        let placed = try await Tool.run(
            ["retention", "hold", "place", "--reason", "case 1", "--by", "legal office"], environment: environment)
        #expect(placed.status == 0, "\(placed)")
    }

    private static func environment(_ database: TestDatabase, _ folder: URL) throws -> [String: String] {
        let gateway = try database.configuration(role: .gateway)
        let signer = try NoteSigner(name: KeyName(Bench.origin), seed: [UInt8](repeating: 7, count: 32))
        var environment = [
            "ZENTRIQ_DATABASE_SOCKET": gateway.host, "ZENTRIQ_DATABASE_PORT": String(gateway.port),
            "ZENTRIQ_DATABASE_NAME": gateway.database, "ZENTRIQ_DATA_DIRECTORY": folder.path,
            "ZENTRIQ_SCHEMA_DIRECTORY": schema, "ZENTRIQ_KEK_FOLDER": BenchKeys.folder,
            "ZENTRIQ_LOG_KEY": signer.privateKeyText(), "ZENTRIQ_LOG_ORIGIN": Bench.origin,
            "ZENTRIQ_ERASURE_LEDGER": folder.path + "/ledger", "ZENTRIQ_METRICS_PORT": "0",
        ]
        for (name, role) in [
            ("GATEWAY", TestDatabase.Role.gateway), ("PROJECTOR", .projector), ("AUDITOR", .auditor),
            ("RETENTION", .retention), ("OWNER", .owner),
        ] {
            environment["ZENTRIQ_\(name)_PASSWORD"] = try database.configuration(role: role).password
        }
        return environment
    }

    private static let schema = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "schema").path
}
