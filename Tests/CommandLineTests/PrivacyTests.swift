import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Projections
import Testing
import TransparencyLog

@Suite("zentriq privacy", .timeLimit(.minutes(10)))
struct PrivacyCommandTests {
    private static func environment(_ bench: Bench) throws -> [String: String] {
        let key = try NoteSigner(name: KeyName(Bench.origin), seed: [UInt8](repeating: 7, count: 32))
        let gateway = try bench.database.configuration(role: .gateway)
        var environment = [
            "ZENTRIQ_DATABASE_SOCKET": gateway.host, "ZENTRIQ_DATABASE_PORT": String(gateway.port),
            "ZENTRIQ_DATABASE_NAME": gateway.database, "ZENTRIQ_KEK_FOLDER": BenchKeys.folder,
            "ZENTRIQ_LOG_KEY": key.privateKeyText(),
        ]
        for role in [TestDatabase.Role.gateway, .projector, .auditor, .retention] {
            let name = role.rawValue.dropFirst("zentriq_".count).uppercased()
            environment["ZENTRIQ_\(name)_PASSWORD"] = try bench.database.configuration(role: role).password
        }
        return environment
    }

    private static func catchUp(_ bench: Bench) async throws {
        try await ProjectionRunner(
            PrivacyRequestsProjection(), store: ProjectionStore(log: Bench.log, pool: bench.projectorPool),
            reader: bench.projectorReader, signal: bench.signal, logger: bench.logger
        ).catchUp()
    }

    @Test("records, lists and closes, and tells by its exit code that a request is overdue")
    func life() async throws {
        try await Bench.with { bench in
            let environment = try Self.environment(bench)
            let (tenant, handle) = (UUID().uuidString.lowercased(), UUID().uuidString.lowercased())
            let subject = DataSubject(
                TenantID(try #require(UUID(uuidString: tenant))), ActorHandle(try #require(UUID(uuidString: handle))))
            try await bench.ledger.register(
                tenant: subject.tenant, subject: subject.handle, by: Requester(actor: nil, request: nil))
            let person = ["--tenant", tenant, "--subject", handle]
            let received = bench.clock.now.adding(seconds: -40 * 86_400).text
            let record =
                ["privacy", "record"] + person + [
                    "--kind", "erasure", "--channel", "letter", "--received", received, "--key", "letter-1",
                ]
            let first = try await Tool.run(record, environment: environment)
            #expect(first.status == 0, "\(first)")
            #expect(first.text.contains(#""kind":"erasure""#))
            #expect(try await Tool.run(record, environment: environment).text == first.text)

            try await Self.catchUp(bench)
            let overdue = try await Tool.run(
                ["privacy", "list", "--state", "overdue", "--json"], environment: environment)
            #expect(overdue.status == 2, "\(overdue)")
            let items = try #require(
                try JSONSerialization.jsonObject(with: Data(overdue.text.utf8)) as? [[String: Any]])
            let request = try #require(items.first?["request"] as? String)
            #expect(items.count == 1 && items.first?["state"] as? String == "overdue")

            let close = ["privacy", "close", request] + person
            let refused = try await Tool.run(close + ["--refused", "legal_obligation"], environment: environment)
            #expect(refused.status == 0, "\(refused)")
            let other = try await Tool.run(close, environment: environment)
            #expect(other.status == 1 && other.errors == "zentriq: the request has ended in another way\n", "\(other)")
            try await Self.catchUp(bench)
            let list = try await Tool.run(["privacy", "list", "--tenant", tenant], environment: environment)
            #expect(list.status == 0 && list.text.contains("\(request)  refused  erasure"), "\(list)")
        }
    }

    @Test("an erasure of nobody is refused, and a dry run of one changes nothing")
    func erase() async throws {
        try await Bench.with { bench in
            let environment = try Self.environment(bench)
            let subject = DataSubject(TenantID(UUID()), ActorHandle(UUID()))
            try await bench.ledger.register(
                tenant: subject.tenant, subject: subject.handle, by: Requester(actor: nil, request: nil))
            let (tenant, handle) = (subject.tenant.rawValue.lowercaseText, subject.handle.rawValue.lowercaseText)
            let size = try await bench.size()
            for dryRun in [[], ["--dry-run"]] {
                for person in [["--subject", UUID().uuidString], ["--object", UUID().uuidString]] {
                    let refused = try await Tool.run(
                        ["erase", "--tenant", tenant] + person + dryRun, environment: environment)
                    #expect(refused.status == 1, "\(refused)")
                    #expect(refused.errors == "zentriq: the tenant has no such person\n", "\(refused)")
                }
                // Somebody else's.
                let other = try await Tool.run(
                    ["erase", "--tenant", UUID().uuidString, "--subject", handle] + dryRun, environment: environment)
                #expect(other.status == 1 && other.errors == "zentriq: the tenant has no such person\n", "\(other)")
            }
            let dry = ["erase", "--tenant", tenant, "--subject", handle, "--dry-run"]
            #expect(
                try await Tool.run(dry, environment: environment).text == "The person \(handle) would be erased.\n")
            #expect(
                try await Tool.run(
                    ["erase", "--tenant", tenant, "--all", "--key", "1", "--dry-run"], environment: environment
                )
                .text == "The tenant would be erased.\n")
            let nobody = ["erase", "--tenant", UUID().uuidString, "--all", "--key", "1", "--dry-run"]
            #expect(try await Tool.run(nobody, environment: environment).status == 1)
            #expect(try await bench.size() == size)
        }
    }

    @Test("a time that is none is told as such")
    func badTime() async throws {
        let output = try await Tool.run([
            "privacy", "record", "--tenant", UUID().uuidString, "--subject", UUID().uuidString, "--kind", "access",
            "--channel", "email", "--received", "yesterday",
        ])
        #expect(output.status == 64 && output.errors.contains("'yesterday' is no time such as"), "\(output)")
    }

    @Test(
        "says in a line what is wrong with its arguments",
        arguments: [
            ["record", "--kind", "access", "--channel", "email"],
            ["record", "--tenant", "x", "--subject", "y", "--kind", "access", "--channel", "email"],
            ["list", "--state", "closed"], ["list", "--limit", "0"], ["close"],
        ])
    func badArguments(arguments: [String]) async throws {
        let output = try await Tool.run(["privacy"] + arguments)
        #expect(output.status == 64, "\(output)")
        #expect(output.text.isEmpty)
    }

    @Test("refuses who is not there, and both names or none of a person")
    func noPerson() async throws {
        try await Bench.with { bench in
            let environment = try Self.environment(bench)
            let request = [
                "privacy", "record", "--tenant", UUID().uuidString, "--kind", "access", "--channel", "email",
            ]
            let unknown = try await Tool.run(request + ["--subject", UUID().uuidString], environment: environment)
            #expect(unknown.status == 1 && unknown.errors == "zentriq: the tenant has no such person\n", "\(unknown)")
            let object = try await Tool.run(request + ["--object", UUID().uuidString], environment: environment)
            #expect(object.status == 1 && object.errors == "zentriq: the tenant has no such person\n", "\(object)")
            #expect(try await Tool.run(request, environment: environment).status == 64)
            let interface = Array(request.dropLast()) + ["interface", "--subject", UUID().uuidString]
            #expect(try await Tool.run(interface, environment: environment).status == 64)
            #expect(try await bench.size() == 0)
        }
    }
}
