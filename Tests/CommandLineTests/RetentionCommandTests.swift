import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Retention
import RetentionTesting
import Testing
import TransparencyLog
import Verification

/// The executable works with the machine's time, so these logs begin before it.
@Suite("zentriq retention, zentriq sweep", .serialized, .timeLimit(.minutes(10)))
struct RetentionCommandTests {
    private static let start = CivilDay(of: WallClock.system.now()).adding(days: -150).start
    private static let schema = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "schema").path

    private typealias Run = @Sendable (_ arguments: String...) async throws -> Tool.Output

    /// A log with usage that is due, if the shipped policy is in force.
    private static func with(_ body: @Sendable (Bench, Client, URL, Run) async throws -> Void) async throws {
        try await Bench.with(start: start) { bench in
            let client = Client(bench)
            try await client.grant(10)
            try await client.capture()
            try await bench.fillBundle(client)
            try await withTemporaryFolder { folder in
                let environment = try environment(bench, folder)
                try await body(bench, client, folder) { arguments in
                    try await Tool.run(arguments, environment: environment)
                }
            }
        }
    }

    private static func environment(_ bench: Bench, _ folder: URL) throws -> [String: String] {
        let gateway = try bench.database.configuration(role: .gateway)
        // The bench's own.
        let signer = try NoteSigner(name: KeyName(Bench.origin), seed: [UInt8](repeating: 7, count: 32))
        var environment = [
            "ZENTRIQ_DATABASE_SOCKET": gateway.host, "ZENTRIQ_DATABASE_PORT": String(gateway.port),
            "ZENTRIQ_DATABASE_NAME": gateway.database, "ZENTRIQ_DATA_DIRECTORY": folder.path,
            "ZENTRIQ_SCHEMA_DIRECTORY": schema, "ZENTRIQ_KEK_FOLDER": BenchKeys.folder,
            "ZENTRIQ_LOG_KEY": signer.privateKeyText(),
        ]
        for (name, role) in [
            ("GATEWAY", TestDatabase.Role.gateway), ("PROJECTOR", .projector), ("AUDITOR", .auditor),
            ("RETENTION", .retention),
        ] {
            environment["ZENTRIQ_\(name)_PASSWORD"] = try bench.database.configuration(role: role).password
        }
        return environment
    }

    @Test("a policy is shown, compared, put into force once, and refused if it falls below what the law demands")
    func policy() async throws {
        try await Self.with { bench, _, folder, run in
            #expect(try await run("retention", "policy", "show").text == "No policy is in force: nothing is swept.\n")
            #expect(try await run("sweep").text == "Nothing is due.\n")
            let difference = try await run("retention", "policy", "diff")
            #expect(difference.status == 0 && difference.text.contains("usage: no rule -> erase P90D"), "\(difference)")
            let applied = try await run("retention", "policy", "apply")
            #expect(applied.status == 0 && applied.text.hasPrefix("In force from position "), "\(applied)")
            #expect(try await run("retention", "policy", "apply").text == "It is in force already.\n")
            #expect(try await run("retention", "policy", "diff").text == "No difference.\n")
            #expect(try await run("retention", "policy", "show").text.hasPrefix("version 1, at position "))
            let shipped = try await run("retention", "policy", "show", "--json").text
            let size = try await bench.size()
            for (old, new, reason) in [
                ("P7Y", "P6Y", "billing: P6Y is below the legal minimum P7Y"),
                ("\"P90D\"", "\"P91D\"", "is beyond the P90D that are promised"),
                ("\"version\":1", "\"version\":0", "its version is not 1 or more"),
                ("\"P12M\"", "\"a year\"", "a year is no period"), ("{", "[", "not a JSON object"),
            ] {
                let file = folder.appending(path: "policy.json").path
                try shipped.replacing(old, with: new).write(toFile: file, atomically: true, encoding: .utf8)
                for command in ["apply", "diff"] {
                    let refused = try await run("retention", "policy", command, file)
                    #expect(refused.status == 1 && refused.errors.contains(reason), "\(refused)")
                    #expect(refused.errors.split(separator: "\n").count == 1, "\(refused)")
                }
            }
            #expect(try await run("retention", "policy", "apply", folder.path + "/none").status == 1)
            #expect(try await bench.size() == size)
        }
    }

    @Test("a hold stops the sweep and stands in the plan; released, what it deferred goes at once")
    func holds() async throws {
        try await Self.with { bench, client, _, run in
            try await bench.adopt()
            let usage = try await bench.number("SELECT count(*) FROM zentriq.events WHERE class = 'usage'")
            let tenant = client.tenant.rawValue.lowercaseText
            let placed = try await run(
                "retention", "hold", "place", "--tenant", tenant, "--reason", "case 4711", "--by", "legal office")
            #expect(placed.status == 0, "\(placed)")
            let hold = placed.text.trimmingCharacters(in: .whitespacesAndNewlines)
            let list = try await run("retention", "hold", "list")
            #expect(list.text == "\(hold)  in force  legal office: case 4711\n", "\(list)")
            let plan = try await run("retention", "plan")
            #expect(plan.text.contains("usage  \(tenant)  \(usage), of which \(usage) are held\n"), "\(plan)")
            #expect(plan.text.hasSuffix("HOLD  \(hold)  case 4711\n"), "\(plan)")
            #expect(try await run("sweep", "--dry-run").text == "Nothing is due.\n")
            #expect(try await run("sweep").text == "Nothing is due.\n")
            let release = ["retention", "hold", "release", hold, "--reason", "closed", "--by", "legal office"]
            let released = try await Tool.run(release, environment: Self.environment(bench, URL(filePath: "/")))
            #expect(released.text == "Released; \(usage) events went.\n", "\(released)")
            #expect(try await run("retention", "hold", "list").text.contains("  released "))
            let again = try await Tool.run(release, environment: Self.environment(bench, URL(filePath: "/")))
            #expect(again.status == 1 && again.errors.contains("was released before"), "\(again)")
        }
    }

    @Test(
        "a dry run tells exactly what the sweep then takes, of a class or before a day too; a second one finds nothing")
    func sweep() async throws {
        try await Self.with { bench, _, _, run in
            try await bench.adopt()
            let usage = try await bench.number("SELECT count(*) FROM zentriq.events WHERE class = 'usage'")
            #expect(try await run("sweep", "--class", "capture").text == "Nothing is due.\n")
            let before = CivilDay(of: Self.start).text
            #expect(try await run("sweep", "--until", before, "--dry-run").text == "Nothing is due.\n")
            #expect(try await run("sweep", "--until", before).text == "Nothing is due.\n")
            let dry = try await run("sweep", "--dry-run", "--json")
            #expect(dry.text == "{\"dry_run\":true,\"events\":{\"usage\":\"\(usage)\"},\"tokens\":\"0\"}\n", "\(dry)")
            #expect(try await run("sweep").text == "usage  \(usage) went\n")
            #expect(try await bench.number("SELECT count(*) FROM zentriq.events WHERE class = 'usage'") == 0)
            let second = try await run("sweep", "--json")
            #expect(second.text == "{\"dry_run\":false,\"events\":{},\"tokens\":\"0\"}\n")
            #expect(try await bench.verify().isGood)
        }
    }

    @Test("what a sweep or a release has certified is in the erasure ledger when it ends", arguments: [true, false])
    func ledger(bySweep: Bool) async throws {
        try await Self.with { bench, _, folder, _ in
            try await bench.adopt()
            let ledger = folder.appending(path: "ledger")
            try FileManager.default.createDirectory(at: ledger, withIntermediateDirectories: false)
            var environment = try Self.environment(bench, folder)
            environment["ZENTRIQ_ERASURE_LEDGER"] = ledger.path
            #expect(try await Tool.run(["restore", "export"], environment: environment).status == 0)
            if bySweep {
                #expect(try await Tool.run(["sweep"], environment: environment).text.hasSuffix("went\n"))
            } else {
                let why = ["--reason", "case 4711", "--by", "legal office"]
                let placed = try await Tool.run(["retention", "hold", "place"] + why, environment: environment)
                let hold = placed.text.trimmingCharacters(in: .whitespacesAndNewlines)
                let released = try await Tool.run(
                    ["retention", "hold", "release", hold] + why, environment: environment)
                #expect(released.text.hasPrefix("Released; "), "\(released)")
            }
            let certificates = try await bench.number(
                "SELECT count(*) FROM zentriq.events WHERE type = 'retention.swept'")
            #expect(certificates > 0)
            let kept = try await bench.number(
                "SELECT count(*) FROM zentriq.events WHERE type LIKE 'retention.%'")
            let files = try FileManager.default.contentsOfDirectory(atPath: ledger.path + "/entries-1")
            #expect(Int64(files.count) == kept, "\(files)")
        }
    }

    @Test(
        "what can't be meant is refused in a line, and changes nothing",
        arguments: [
            (["sweep", "--class", "cart"], 64, "no retention class"),
            (["sweep", "--until", "2026-02-29"], 64, "no day"), (["sweep", "--until"], 64, "Missing value"),
            (["retention", "plan", "--until", "soon"], 64, "no day"),
            (["retention", "hold", "place", "--reason", "x"], 64, "--by"),
            (["retention", "hold", "place", "--reason", "", "--by", "x"], 1, "reason"),
            (["retention", "hold", "place", "--reason", "x", "--by", "x", "--tenant", "acme"], 64, "UUID"),
            (["retention", "hold", "place", "--reason", "x", "--by", "x", "--stream", "Á"], 64, "no stream"),
            (["retention", "hold", "place", "--reason", "x", "--by", "x", "--until", "2020-01-01"], 1, "over before"),
            (
                [
                    "retention", "hold", "place", "--reason", "x", "--by", "x", "--from", "2026-01-02", "--to",
                    "2026-01-01",
                ], 1, "ends after"
            ),
            (["retention", "hold", "release", "x", "--reason", "x", "--by", "x"], 64, "UUID"),
            (
                [
                    "retention", "hold", "release", "00000000-0000-4000-8000-000000000009", "--reason", "x", "--by",
                    "x",
                ], 1, "no such hold"
            ),
        ] as [([String], Int32, String)])
    func refused(arguments: [String], status: Int32, words: String) async throws {
        try await Self.shared.use { bench in
            try await withTemporaryFolder { folder in
                let size = try await bench.size()
                let output = try await Tool.run(arguments, environment: Self.environment(bench, folder))
                #expect(output.status == status && output.errors.contains(words), "\(output)")
                #expect(try await bench.size() == size)
            }
        }
    }

    @Test("a sweep without the role's password, or beside another one, says so")
    func unusable() async throws {
        try await Self.with { bench, _, folder, _ in
            try await bench.adopt()
            var environment = try Self.environment(bench, folder)
            environment["ZENTRIQ_RETENTION_PASSWORD"] = nil
            let without = try await Tool.run(["sweep"], environment: environment)
            #expect(without.status == 78 && without.errors.contains("ZENTRIQ_RETENTION_PASSWORD"), "\(without)")
            let other = try await bench.database.connect(role: .retention)
            _ = try await other.query(Statement("SELECT zentriq.take_sweep_lease(1)"))
            let busy = try await Tool.run(["sweep"], environment: Self.environment(bench, folder))
            await other.close()
            #expect(busy.status == 1 && busy.errors.contains("somebody else is sweeping"), "\(busy)")
        }
    }

    private static let shared = SharedBench()
}
