import CanonicalJSON
import EventStore
import Foundation
import HTTPTypes
import Postgres
import PostgresTesting
import Retention
import Testing

extension GatewayTests {
    /// What was erased is in no file of the server any more, after the maintenance that docs/ERASURE.md tells of.
    @Suite("Physically gone", .serialized, .timeLimit(.minutes(10)))
    struct PhysicallyGoneTests {
        @Test("GDPR-02: after the maintenance, keys, envelopes and names are in no file, log or new backup")
        func gone() async throws {
            try await PrivateCluster.with { cluster in
                try await cluster.migrate()
                // Yesterday at noon: no day ends meanwhile, whose captures would be counted by host.
                let noon = CivilDay(of: WallClock.system.now()).adding(days: -1).start.adding(seconds: 43_200)
                try await TestGateway.with(
                    .init(isErasing: true), clock: ManualClock(at: noon),
                    configuration: { try cluster.configuration(role: $0) }
                ) { gateway in
                    try await withTemporaryFolder { folder in
                        try await Self.story(gateway, FileSearch(cluster: cluster, gateway: gateway, folder: folder))
                    }
                }
            }
        }

        private static func story(_ gateway: TestGateway, _ search: FileSearch) async throws {
            let host = "host\(UInt64.random(in: .min ... .max)).example.com"
            let customer = try await captured(gateway, host: host)
            let bystander = try await captured(gateway, host: "shop.example.com")
            let secrets = try await FileSearch.secrets(of: customer, host: host, at: gateway)
            // Something that must be found, so that looking in vain means something.
            let witness = try await FileSearch.keys(of: bystander, at: gateway)
            try await settle(gateway)
            let before = try await search.run(secrets, backup: "before")
            for place in [FileSearch.Place.tables, .statistics, .writeAheadLog, .backup] {
                #expect(before[place]?.contains("wrapped key") == true, "\(place.rawValue)")
            }
            for place in [FileSearch.Place.tables, .writeAheadLog, .backup] {
                #expect(before[place]?.contains("envelope") == true, "\(place.rawValue)")
            }

            let begun = try await gateway.eraseMe(customer.token)
            try await gateway.completeErasure(begun["request"])
            let erased = try await search.run(secrets, backup: "erased")
            // In the transaction it goes from the tables, and from no file.
            #expect(erased[.tables]?.contains("wrapped key") == true)

            let maintenance = PhysicalErasure(configuration: try gateway.configuration(.owner))
            let vacuumed = try await maintenance.run(rewritingEvents: false)
            #expect(vacuumed.leftovers == [])
            #expect(vacuumed.segments > 0)
            let plain = try await search.run(secrets, backup: "vacuumed")
            for (place, found) in plain {
                #expect(
                    found.subtracting(place == .tables || place == .backup ? ["envelope"] : []) == [],
                    "\(place.rawValue)")
            }

            let rewritten = try await maintenance.run(rewritingEvents: true)
            #expect(rewritten.leftovers == [])
            let after = try await search.run(secrets, backup: "after")
            for (place, found) in after { #expect(found == [], "\(place.rawValue)") }
            let others = try await search.run(witness, backup: "others")
            #expect(others[.tables] == ["wrapped key"] && others[.backup] == ["wrapped key"])
            for place in FileSearch.Place.allCases {
                func text(_ found: [FileSearch.Place: Set<String>]) -> String {
                    found[place].map { $0.isEmpty ? "0" : $0.sorted().joined(separator: ", ") } ?? "-"
                }
                print(
                    "GONE | \(place.rawValue) | before: \(text(before)) | erased: \(text(erased)) | "
                        + "maintenance: \(text(plain)) | --rewrite-events: \(text(after))")
            }
        }

        /// A new customer, with three captures at that host.
        private static func captured(_ gateway: TestGateway, host: String) async throws -> Customer {
            let customer = try await gateway.customer(credits: 5)
            for _ in 0..<3 {
                var body = gateway.capture()
                body["vendor_host"] = .string(host)
                #expect(try await gateway.post("/v1/captures", body, token: customer.token).status == 201)
            }
            try await gateway.projectionsCaughtUp()
            return customer
        }

        /// Sampled for the planner, and in segments of the write-ahead log that were renamed for later use.
        private static func settle(_ gateway: TestGateway) async throws {
            try await gateway.connected(as: .superuser) { connection in
                try await connection.script("ANALYZE")
                for _ in 0..<3 {
                    try await connection.query("SELECT pg_switch_wal()")
                    try await connection.script("CHECKPOINT")
                }
            }
        }

        @Test("what keeps something from going is named, and once that has ended it goes")
        func leftovers() async throws {
            try await PrivateCluster.with { cluster in
                try await cluster.migrate()
                let superuser = try await PostgresConnection.connect(cluster.configuration(role: .superuser))
                let old = try await PostgresConnection.connect(cluster.configuration(role: .superuser))
                let maintenance = PhysicalErasure(
                    configuration: try cluster.configuration(role: .owner), attempts: 0)
                try await superuser.script("INSERT INTO zentriq.logs (log_id, origin) VALUES (1, 'x')")
                try await superuser.script(
                    """
                    INSERT INTO zentriq.subject_keys (log_id, key_id, tenant_id, subject, kek_version, wrapped)
                    VALUES (1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, decode(repeat('ab', 61), 'hex'))
                    """)
                try await old.script("BEGIN ISOLATION LEVEL REPEATABLE READ")
                try await old.query("SELECT count(*) FROM zentriq.subject_keys")
                try await superuser.script("UPDATE zentriq.subject_keys SET wrapped = NULL, destroyed_at = now()")
                #expect(
                    try await maintenance.run(rewritingEvents: false).leftovers == [
                        .seen(table: "zentriq.subject_keys")
                    ])
                try await old.script("COMMIT; BEGIN; LOCK TABLE zentriq.subjects")
                #expect(
                    try await maintenance.run(rewritingEvents: false).leftovers.contains(
                        .inUse(table: "zentriq.subjects")))
                try await old.script("COMMIT")
                try await superuser.query("SELECT pg_create_physical_replication_slot('late', true)")
                let kept = try await maintenance.run(rewritingEvents: false).leftovers
                #expect(kept.contains { if case .segments(1...) = $0 { true } else { false } }, "\(kept)")
                try await superuser.query("SELECT pg_drop_replication_slot('late')")
                #expect(try await maintenance.run(rewritingEvents: false).leftovers == [])
                // Nobody is left in the table: there is nothing to sample, and no sample of before.
                try await superuser.script(
                    """
                    INSERT INTO zentriq.subject_keys (log_id, key_id, tenant_id, subject, kek_version, wrapped)
                    SELECT 1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, decode(repeat('ab', 61), 'hex')
                    FROM generate_series(1, 10);
                    ANALYZE zentriq.subject_keys;
                    DELETE FROM zentriq.subject_keys
                    """)
                func samples() async throws -> Int64 {
                    try await superuser.query(
                        """
                        SELECT count(*) FROM pg_statistic AS s JOIN pg_attribute AS a ON a.attrelid = s.starelid AND a.attnum = s.staattnum
                        WHERE s.starelid = 'zentriq.subject_keys'::regclass AND a.attname = 'wrapped'
                        """
                    ).only().int64(0)
                }
                #expect(try await samples() == 1)
                #expect(try await maintenance.run(rewritingEvents: false).leftovers == [])
                #expect(try await samples() == 0)
                // Done again, and planned, it is the same.
                let plan = try await maintenance.plan(rewritingEvents: true)
                #expect(plan.tables.map(\.name).contains("zentriq.subject_keys"))
                let areRewritten = plan.tables.allSatisfy { $0.treatment == .rewrite }
                #expect(areRewritten && plan.segments > 0)
                await old.close()
                await superuser.close()
            }
        }
    }
}
