import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Projections
import Testing
import TransparencyLog

extension StorageTests {
    @Suite("Replay")
    struct ReplayTests {
        @Test("of an untouched log finds nothing, and arrives at the head's root and the accounts' states")
        func finds() async throws {
            try await Bench.with { bench in
                var story = Story(bench, accounts: 3, seed: 11)
                try await story.go(on: 80)
                let head = try await bench.reader.head()
                let report = try await Self.replay(bench)
                #expect(report.findings.isEmpty, "\(report.findings)")
                #expect(report.isComplete)
                #expect(report.root == head.root)
                #expect(report.events == head.nextPosition.rawValue)
                for client in story.clients {
                    #expect(report.accounts[client.account, default: AccountState()] == (try await client.state()))
                    let captures = StreamKey(client.tenant, Streams.captures(client.product))
                    let expected = story.captures[client.account, default: []].count
                    #expect(report.captures[captures, default: CaptureDigest()].count == Int64(expected))
                }
            }
        }

        @Test("of an empty log arrives at the empty root")
        func empty() async throws {
            try await Bench.with { bench in
                let report = try await Self.replay(bench)
                #expect(report.findings.isEmpty)
                #expect(report.root == MerkleTree.emptyRoot)
            }
        }

        @Test("until a moment shows the accounts of that moment")
        func until() async throws {
            try await Bench.with { bench in
                var story = Story(bench, accounts: 3, seed: 12)
                try await story.go(on: 60)
                for moment in story.moments {
                    let report = try await Self.replay(bench, until: .position(moment.position))
                    #expect(report.accounts[moment.account] == moment.state)
                    #expect(report.findings.isEmpty)
                    #expect(!report.isComplete)
                }
                let middle = try #require(story.moments.dropFirst(story.moments.count / 2).first)
                let last = try #require(story.moments.last { $0.time <= middle.time && $0.account == middle.account })
                let report = try await Self.replay(bench, until: .time(middle.time))
                #expect(report.accounts[middle.account] == last.state)
            }
        }

        @Test("until a moment shows what the projections had by then, the same each time")
        func sameAsProjections() async throws {
            try await Bench.with { bench in
                var story = Story(bench, accounts: 3, seed: 13)
                try await story.go(on: 80)
                try await bench.catchUp()
                for moment in story.moments.enumerated().filter({ $0.offset % 9 == 0 }).map(\.element) {
                    let report = try await Self.replay(bench, until: .position(moment.position))
                    let again = try await Self.replay(bench, until: .position(moment.position))
                    #expect(report.accounts == again.accounts && report.captures == again.captures)
                    #expect(report.root == again.root)
                    for client in story.clients {
                        let balance = try await client.balance(at: .position(moment.position))
                        #expect(report.accounts[client.account, default: AccountState()] == balance.state)
                        let rows = try await bench.history.captures(
                            of: client.tenant, product: client.product,
                            before: LogPosition(moment.position.rawValue + 1), limit: 1_000)
                        var expected = CaptureDigest()
                        for row in rows.reversed() {
                            expected.add(row.record, at: row.position, recordedAt: row.recordedAt)
                        }
                        let captures = StreamKey(client.tenant, Streams.captures(client.product))
                        #expect(report.captures[captures, default: CaptureDigest()] == expected)
                        #expect(expected.count == Int64(rows.count))
                    }
                }
            }
        }

        @Test("a digest of captures tells apart what differs in anything")
        func digests() {
            let record = CaptureRecord(
                id: UUID(), product: .punchout, vendorHost: "shop.example.com", lineCount: 3,
                capturedAt: Timestamp(microseconds: 5), outcome: .success)
            func root(_ entries: [(CaptureRecord, Int64, Int64)]) -> TreeHash {
                var digest = CaptureDigest()
                for (record, position, time) in entries {
                    digest.add(record, at: LogPosition(position), recordedAt: EventTime(microseconds: time))
                }
                return digest.root
            }
            let other = CaptureRecord(
                id: record.id, product: .punchout, vendorHost: "shop.example.com", lineCount: 4,
                capturedAt: Timestamp(microseconds: 5), outcome: .success)
            let roots = [
                root([]), root([(record, 1, 2)]), root([(record, 2, 2)]), root([(record, 1, 3)]), root([(other, 1, 2)]),
                root([(record, 1, 2), (other, 2, 2)]), root([(other, 1, 2), (record, 2, 2)]),
            ]
            #expect(Set(roots).count == roots.count)
            #expect(root([(record, 1, 2)]) == roots[1])
        }

        static let tampering: [(sql: Statement, finding: String)] = [
            (
                "UPDATE zentriq.events SET data = replace(data, '\"units\":\"1\"', '\"units\":\"2\"') WHERE position = 4",
                "position 4: the row is not what its entry commits to"
            ),
            ("UPDATE zentriq.events SET data = 'null' WHERE position = 4", "position 4: a payload of credit.debited"),
            ("DELETE FROM zentriq.events WHERE position = 4", "position 5: positions 4 and on are missing"),
            ("DELETE FROM zentriq.events WHERE position = 0", "position 1: positions 0 and on are missing"),
            (
                "DELETE FROM zentriq.events WHERE position = (SELECT max(position) FROM zentriq.events)",
                "the head says 8 events, the table holds 7"
            ),
            ("UPDATE zentriq.events SET version = 9 WHERE position = 4", "position 4: version 9 of account-punchout"),
            ("UPDATE zentriq.events SET type = 'x' WHERE position = 4", "position 4: no event type x is known"),
            (
                "UPDATE zentriq.events SET tenant_id = gen_random_uuid() WHERE position = 4",
                "position 4: the row is not what its entry commits to"
            ),
            (
                "UPDATE zentriq.events SET actor = NULL WHERE position = 4",
                "position 4: the row is not what its entry commits to"
            ),
            (
                "UPDATE zentriq.events SET commitment = sha256('') WHERE position = 4",
                "position 4: the row is not what its entry commits to"
            ),
            (
                "UPDATE zentriq.heads SET root = sha256('x')", "the log is damaged"
            ),
            (
                """
                UPDATE zentriq.streams SET state = replace(state, '"balance":"3"', '"balance":"4"')
                WHERE stream_id = 'account-punchout'
                """, "account-punchout: the state in the head can't be read"
            ),
            (
                """
                UPDATE zentriq.streams SET state = replace(state, '"reference":"order-1"', '"reference":"order-2"')
                WHERE stream_id = 'account-punchout'
                """, "account-punchout: the state in the head is not what the events add up to"
            ),
            (
                "UPDATE zentriq.streams SET version = 1 WHERE stream_id = 'account-punchout'",
                "account-punchout: the head is at version 1, not 4"
            ),
            (
                "DELETE FROM zentriq.streams WHERE stream_id = 'account-punchout'",
                "account-punchout: the account has events and no head"
            ),
        ]

        @Test("of a log that was tampered with names the position, or the account")
        func tampered() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(6, reference: "order-1")
                for _ in 0..<3 { try await client.capture() }
                try await bench.asSuperuser(
                    ("CREATE TABLE public.events AS SELECT * FROM zentriq.events", []),
                    ("CREATE TABLE public.streams AS SELECT * FROM zentriq.streams", []),
                    ("CREATE TABLE public.heads AS SELECT * FROM zentriq.heads", []))
                for (sql, finding) in Self.tampering {
                    #expect(try await Self.findings(bench) == [])
                    try await bench.asSuperuser((sql, []))
                    let findings = try await Self.findings(bench)
                    #expect(findings.contains { $0.contains(finding) }, "\(sql): \(findings)")
                    for table in ["events", "streams", "heads"] {
                        try await bench.asSuperuser(
                            (Statement("DELETE FROM zentriq.\(table)"), []),
                            (Statement("INSERT INTO zentriq.\(table) SELECT * FROM public.\(table)"), []))
                    }
                }
            }
        }

        @Test("keeps the first hundred findings and counts the rest")
        func manyFindings() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                for _ in 0..<150 { try await client.check() }
                try await bench.asSuperuser(("UPDATE zentriq.events SET actor = NULL", []))
                let report = try await Self.replay(bench)
                #expect(report.findings.count == Replay.maximumFindings)
                #expect(report.findingCount == 151)
                #expect(report.findings.first == "position 0: the row is not what its entry commits to")
            }
        }

        /// Of a replay, or that the head itself can't be read.
        private static func findings(_ bench: Bench) async throws -> [String] {
            do {
                return try await replay(bench).findings
            } catch let error as LogError {
                return [error.description]
            }
        }

        private static func replay(
            _ bench: Bench, until moment: Balances.Moment = .now
        ) async throws -> Replay.Report {
            let pool = PostgresPool(configuration: try bench.database.configuration(role: .auditor), size: 1)
            let report: Result<Replay.Report, any Error>
            do {
                report = .success(
                    try await Replay(
                        reader: LogReader(
                            log: Bench.log, origin: Bench.origin, pool: pool,
                            keys: SubjectKeys(origin: Bench.origin, keys: try Bench.keys))
                    )
                    .run(until: moment))
            } catch {
                report = .failure(error)
            }
            await pool.close()
            return try report.get()
        }
    }
}
