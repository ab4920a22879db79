import Foundation
import Postgres
import PostgresTesting
import Testing

@Suite("zentriq maintenance", .timeLimit(.minutes(10)))
struct MaintenanceTests {
    private static func environment(_ database: TestDatabase, password: String? = nil) throws -> [String: String] {
        let owner = try database.configuration(role: .owner)
        return [
            "ZENTRIQ_DATABASE_SOCKET": owner.host, "ZENTRIQ_DATABASE_PORT": String(owner.port),
            "ZENTRIQ_DATABASE_NAME": owner.database, "ZENTRIQ_OWNER_PASSWORD": password ?? owner.password ?? "",
        ]
    }

    @Test("without what it takes it does nothing, and says in one line what is missing")
    func refused() async throws {
        try await TestDatabase.with { database in
            let cases: [([String], [String: String], Int32, String)] = [
                (["--rewrite"], [:], 64, "--rewrite"),
                (["now"], [:], 64, "now"),
                ([], ["ZENTRIQ_OWNER_PASSWORD": "wrong"], 69, "28P01"),
                ([], ["ZENTRIQ_DATABASE_PORT": "1"], 69, "is the server"),
                (
                    [], [:], 78,
                    "GRANT EXECUTE ON FUNCTION pg_ls_waldir() TO zentriq_owner; GRANT EXECUTE ON FUNCTION pg_switch_wal()"
                ),
            ]
            for (arguments, changes, status, text) in cases {
                let environment = try Self.environment(database).merging(changes) { $1 }
                let output = try await Tool.run(["maintenance"] + arguments, environment: environment)
                #expect(output.status == status, "\(output.errors)")
                #expect(output.errors.contains(text), "\(output.errors)")
                #expect(output.text.isEmpty)
            }
        }
    }

    @Test("a dry run tells what would be done, for people and in JSON, and changes nothing")
    func dryRun() async throws {
        try await TestDatabase.with { database in
            let superuser = try await database.connect(role: .superuser)
            try await superuser.script(
                "GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_ls_waldir() TO zentriq_owner")
            func files() async throws -> String {
                try await superuser.query(
                    "SELECT string_agg(relfilenode::text, ' ' ORDER BY oid) FROM pg_class WHERE relname = 'subject_keys'"
                ).only().string(0)
            }
            let before = try await files()
            let environment = try Self.environment(database)
            let plain = try await Tool.run(["maintenance", "--dry-run"], environment: environment)
            #expect(plain.status == 0, "\(plain.errors)")
            #expect(plain.text.contains(/zentriq\.subject_keys  \d+ bytes  rewrite/))
            #expect(plain.text.contains(/zentriq\.events_capture_\d{4}_\d{2}  \d+ bytes  vacuum/))
            let json = try await Tool.run(
                ["maintenance", "--dry-run", "--rewrite-events", "--json"], environment: environment)
            #expect(json.status == 0)
            #expect(json.text.hasPrefix(#"{"dry_run":true,"left":[],"tables":[{"bytes":""#))
            #expect(!json.text.contains(#""treatment":"vacuum""#))
            #expect(try await files() == before)
            await superuser.close()
        }
    }
}
