import BillingTesting
import EventStore
import Postgres
import PostgresTesting
import Testing
import TransparencyLog

@testable import Verification

extension VerificationTests {
    /// What a log says only to whoever has seen it before, or has its keys.
    @Suite("Verification of a log")
    struct HistoryTests {
        @Test("finds nothing in an untouched one, and comes to the head's root")
        func untouched() async throws {
            try await Bench.with { bench in
                let story = try await bench.tell(seed: 31)
                let head = try await bench.reader.head()
                let report = try await bench.verify()
                #expect(report.isGood, "\(report.findings.kept)")
                #expect(report.size == head.tree.size)
                #expect(report.root == head.root)
                #expect(report.accounts == story.clients.count)
                #expect(report.answers > 100)
                #expect(report.checkpoint?.checkpoint.size == head.tree.size)
                #expect(report.unchecked.count == 1)
                let again = try await bench.verify(seen: report.checkpoint)
                #expect(again.isGood, "\(again.findings.kept)")
                #expect(again.unchecked.isEmpty)
            }
        }

        @Test("finds nothing in an empty one")
        func empty() async throws {
            try await Bench.with { bench in
                let report = try await bench.verify()
                #expect(report.isGood, "\(report.findings.kept)")
                #expect(report.root == MerkleTree.emptyRoot)
                #expect(try await bench.verify(seen: report.checkpoint).isGood)
            }
        }

        @Test("finds nothing while the log grows, and each run follows from the one before")
        func growing() async throws {
            try await Bench.with { bench in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        var story = Story(bench, accounts: 4, seed: 32)
                        while !Task.isCancelled { try await story.go(on: 10) }
                    }
                    var seen: SeenCheckpoint?
                    var sizes: [UInt64] = []
                    while Set(sizes).count < 8 {
                        try await bench.buildTiles()
                        let report = try await bench.verify(seen: seen)
                        #expect(report.isGood, "\(report.findings.kept)")
                        seen = report.checkpoint
                        sizes.append(report.size)
                    }
                    #expect(sizes == sizes.sorted())
                    group.cancelAll()
                    try? await group.waitForAll()
                }
            }
        }

        @Test("tells an older backup, which is sound in itself, by the checkpoint of an earlier run")
        func olderBackup() async throws {
            try await Bench.with { bench in
                var story = try await bench.tell(seed: 33, upTo: 300)
                try await bench.copy(as: "older")
                let older = try await bench.size()
                try await story.go(on: 60)
                let seen = try #require(try await bench.verify().checkpoint)
                try await bench.copy(as: "newer")

                try await bench.restore("older")
                let restored = try await bench.verify(seen: seen)
                let words =
                    "the log has \(older) events, and had \(seen.checkpoint.size) at an earlier run: "
                    + "it was truncated, or restored from an older backup"
                #expect(restored.findings.kept == [Finding(at: older, words)])
                print("TAMPERING | an older backup of everything, restored | \(restored.findings.kept[0]) | 1")
                #expect(try await bench.verify().isGood, "alone, an older state is sound")

                // The same, with the tail cut off and everything beside it made to fit.
                try await bench.restore("newer")
                try await bench.asSuperuser(("DELETE FROM zentriq.events WHERE position >= $1", [.int8(older)]))
                try await bench.restore("older", ["streams", "heads", "outcomes"])
                let truncated = try await bench.verify(seen: seen)
                #expect(truncated.findings.kept == [Finding(at: older, words)])
                print("TAMPERING | the tail, cut off, and everything made to fit | \(truncated.findings.kept[0]) | 1")
            }
        }

        @Test("tells another history of the same length")
        func rewritten() async throws {
            try await Bench.with { bench in
                _ = try await bench.tell(seed: 34, upTo: 60)
                let seen = try #require(try await bench.verify().checkpoint)
                let other = try SeenCheckpoint(
                    signer: Bench.signer.verifier,
                    signed: Bench.signer.checkpoint(size: seen.checkpoint.size - 1, root: MerkleTree.emptyRoot))
                let report = try await bench.verify(seen: other)
                #expect(report.findings.kept.map(\.reason).joined().contains("history was rewritten"))
            }
        }

        @Test("from the middle takes what is before from the tiles, says so, and finds what is after")
        func fromTheMiddle() async throws {
            try await Bench.with { bench in
                _ = try await bench.tell(seed: 35)
                let size = try await bench.size()
                let seen = try #require(try await bench.verify().checkpoint)
                for start in [1, 255, 256, 257, 511, 512, 513, size - 1, size] {
                    var options = LogVerifier.Options()
                    options.from = LogPosition(start)
                    options.seen = seen
                    let report = try await bench.verify(options)
                    #expect(report.isGood, "\(start): \(report.findings.kept)")
                    #expect(report.unchecked.count == 3)
                }
                try await bench.asSuperuser(("UPDATE zentriq.events SET actor = NULL WHERE position IN (100, 400)", []))
                var options = LogVerifier.Options()
                options.from = LogPosition(300)
                let report = try await bench.verify(options)
                #expect(report.findings.kept.map(\.position?.rawValue) == [400])
                options.from = LogPosition(size + 1)
                await #expect(throws: VerificationError.self) { try await bench.verify(options) }
            }
        }

        @Test("follows the keys from hand-over to hand-over")
        func handovers() async throws {
            try await Bench.with { bench in
                _ = try await bench.tell(seed: 36, upTo: 40)
                let seen = try #require(try await bench.verify().checkpoint)
                let next = try NoteSigner(name: KeyName(Bench.origin), seed: [UInt8](repeating: 8, count: 32))
                try await bench.withPool(.owner) { pool in
                    _ = try await LogKeyHistory(log: Bench.log, pool: pool).handOver(to: LogSigner(next))
                }
                var options = LogVerifier.Options()
                options.seen = seen
                options.key = try Bench.signer.verifier
                #expect(try await bench.verify(options).isGood)
                options.key = try NoteSigner(name: KeyName(Bench.origin), seed: [UInt8](repeating: 1, count: 32))
                    .verifier
                let strange = try await bench.verify(options)
                #expect(
                    strange.findings.kept.map(\.reason) == ["head: no hand-over leads from the given key to the signer"]
                )

                options.key = nil
                try await bench.asSuperuser(("UPDATE zentriq.handovers SET size = size - 1", []))
                #expect(try await bench.verify(options).findings.kept.first?.reason.hasPrefix("hand-over 1") == true)
                try await bench.asSuperuser(("DELETE FROM zentriq.handovers", []))
                #expect(
                    try await bench.verify(options).findings.kept.map(\.reason) == [
                        "head: no hand-over leads from the key seen at an earlier run to the signer"
                    ])
            }
        }

        @Test("finds nothing where the answers lie in another order than that of their positions")
        func answersInAnyOrder() async throws {
            try await Bench.with { bench in
                _ = try await bench.tell(seed: 38)
                for (order, isBearable) in [
                    ("position", true), ("position % 40 = 0 DESC, position", true), ("position DESC", false),
                    ("key", false),
                ] {
                    try await bench.move("outcomes", to: order)
                    #expect(try await bench.isReadAsItLies() == isBearable, "\(order)")
                    let report = try await bench.withPool(.auditor) { pool in
                        var verifier = LogVerifier(
                            log: Bench.log, origin: Bench.origin, pool: pool, keys: try Bench.keys)
                        (verifier.slice, verifier.answerPages) = (256, 1)
                        return try await verifier.run()
                    }
                    #expect(report.isGood, "\(order): \(report.findings.kept)")
                    #expect(report.answers > 100)
                }
            }
        }

        @Test("keeps a hundred findings, counts the rest, and names the first position")
        func manyFindings() async throws {
            try await Bench.with { bench in
                _ = try await bench.tell(seed: 37, upTo: 150)
                try await bench.asSuperuser(("UPDATE zentriq.events SET salt = sha256('x') WHERE position >= 5", []))
                let report = try await bench.verify()
                #expect(report.findings.kept.count == Findings.maximumKept)
                #expect(report.findings.count == Int64(report.size) - 5)
                #expect(report.findings.firstPosition == LogPosition(5))
            }
        }
    }
}

extension Bench {
    fileprivate func move(_ table: String, to order: String) async throws {
        try await asSuperuser(
            (Statement("CREATE TABLE public.moved AS SELECT * FROM zentriq.\(table)"), []),
            (Statement("DELETE FROM zentriq.\(table)"), []),
            (Statement("INSERT INTO zentriq.\(table) SELECT * FROM public.moved ORDER BY \(order)"), []),
            ("DROP TABLE public.moved", []))
    }

    /// Whether all answers come in time without being sorted: each once, before a position that is above its own.
    fileprivate func isReadAsItLies() async throws -> Bool {
        let size = try await size()
        return try await withPool(.auditor) { pool in
            try await LogSnapshot.with(pool, log: Self.log) { snapshot in
                let cursor = try await AnswerCursor(snapshot, from: 0, readingAs: .pages(1))
                var positions: [Int64] = []
                do {
                    for end in stride(from: Int64(64), to: size + 64, by: 64) {
                        let part = try await cursor.next(before: end).map(\.position)
                        #expect(part.allSatisfy { (end - 64..<end).contains($0) })
                        positions += part
                    }
                } catch is AnswerCursor.OutOfOrder { return false }
                let sorted = try await AnswerCursor(snapshot, from: 0, readingAs: .sorted)
                #expect(positions.sorted() == (try await sorted.next(before: size)).map(\.position).sorted())
                return true
            }
        }
    }
}
