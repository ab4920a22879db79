import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Testing
import TransparencyLog

@Suite("zentriq verify log", .timeLimit(.minutes(10)))
struct VerifyLogTests {
    @Test("finds nothing in a sound log, and remembers it; names what was changed, and the position")
    func soundAndTampered() async throws {
        try await Bench.with { bench in
            let client = Client(bench)
            try await client.grant(7, reference: "order-1")
            for _ in 0..<3 { try await client.capture() }
            let size = try await bench.size()
            try await withTemporaryFolder { folder in
                let environment = try Self.environment(bench, folder)
                let first = try await Tool.run(["verify", "log"], environment: environment)
                #expect(first.status == 0, "\(first)")
                #expect(first.text.contains("events    \(size)\n"))
                #expect(first.text.hasSuffix("Nothing contradicts the log.\n"))
                let seen = folder.appending(path: "verified-checkpoint")
                #expect(try String(contentsOf: seen, encoding: .utf8).contains("\(Bench.origin)\n\(size)\n"))
                let key = try Bench.signer.verifier.text
                let again = try await Tool.run(["verify", "log", "--key", key], environment: environment)
                #expect(again.status == 0)
                #expect(again.text.contains("follows   the \(size) events of the last run\n"), "\(again)")

                let debit = try #require(
                    try await client.events(client.account.stream).first { $0.type == "credit.debited" })
                let position = debit.position.rawValue
                try await bench.asSuperuser(
                    (
                        "UPDATE zentriq.events SET data = replace(data, '\"units\":\"1\"', '\"units\":\"2\"') WHERE position = $1",
                        [.int8(position)]
                    ))
                let tampered = try await Tool.run(["verify", "log"], environment: environment)
                #expect(tampered.status == 2)
                let finding = "FINDING   position \(position): the row is not what its entry commits to\n"
                #expect(tampered.text.contains(finding), "\(tampered)")
                #expect(tampered.text.contains("The first wrong position is \(position).\n"))
                #expect(try String(contentsOf: seen, encoding: .utf8).contains("\n\(size)\n"))

                let json = try await Tool.run(["verify", "log", "--json"], environment: environment)
                #expect(json.status == 2)
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: Any])
                #expect(object["valid"] as? Bool == false)
                #expect(object["first_position"] as? String == String(position))
            }
        }
    }

    @Test("says in a line what it lacks: a setting, the database, the role's password")
    func unusable() async throws {
        try await Bench.with { bench in
            try await withTemporaryFolder { folder in
                let good = try Self.environment(bench, folder)
                for (change, status, words) in [
                    (["ZENTRIQ_AUDITOR_PASSWORD": nil], 78, "ZENTRIQ_AUDITOR_PASSWORD"),
                    (["ZENTRIQ_DATABASE_PORT": "x"], 78, "ZENTRIQ_DATABASE_PORT"),
                    (["ZENTRIQ_DATABASE_SOCKET": folder.path], 69, "is the server of ZENTRIQ_DATABASE_HOST up?"),
                ] as [([String: String?], Int32, String)] {
                    var environment = good
                    for (name, value) in change { environment[name] = value }
                    let answer = try await Tool.run(["verify", "log"], environment: environment)
                    #expect(answer.status == status, "\(change): \(answer)")
                    #expect(answer.text.isEmpty && answer.errors.contains(words), "\(change): \(answer)")
                }
            }
        }
    }

    static func environment(_ bench: Bench, _ folder: URL) throws -> [String: String] {
        let auditor = try bench.database.configuration(role: .auditor)
        return [
            "ZENTRIQ_DATABASE_SOCKET": auditor.host, "ZENTRIQ_DATABASE_PORT": String(auditor.port),
            "ZENTRIQ_DATABASE_NAME": auditor.database, "ZENTRIQ_AUDITOR_PASSWORD": auditor.password ?? "",
            "ZENTRIQ_LOG_ORIGIN": Bench.origin, "ZENTRIQ_DATA_DIRECTORY": folder.path,
        ]
    }
}
