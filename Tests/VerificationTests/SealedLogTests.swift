import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import Sealing
import Testing
import Verification

extension VerificationTests {
    /// What can be told of sealed events with the key-encryption key, without it, and when their own key is gone.
    @Suite("A log with sealed events")
    struct SealedLogTests {
        @Test("is opened and compared with the key, and verified as far as it goes without")
        func withAndWithoutKeys() async throws {
            try await Bench.with { bench in
                _ = try await bench.tell(seed: 31)
                let sealed = try await Self.captures(bench).count
                let report = try await bench.verify()
                #expect(report.isGood, "\(report.findings.kept)")
                #expect(report.seals.opened == Int64(sealed))
                #expect(report.seals.all == report.seals.opened)
                let without = try await bench.verify(keys: nil)
                #expect(without.isGood, "\(without.findings.kept)")
                #expect(without.root == report.root)
                #expect(without.seals.unopened == Int64(sealed))
                #expect(without.unchecked.contains { $0.contains("\(sealed) sealed events were not opened") })

                // With another key of the same version, or without that version, nothing can be opened: told, not passed over.
                let wrong = KeyEncryptionKeys(KeyEncryptionKey(randomWithVersion: 1))
                #expect(try await bench.verify(keys: wrong).findings.count == Int64(sealed))
                let missing = KeyEncryptionKeys(KeyEncryptionKey(randomWithVersion: 2))
                #expect(try await bench.verify(keys: missing).findings.count == Int64(sealed))
            }
        }

        @Test("without the key, what contradicts the form or the owner of an envelope is found all the same")
        func tamperedWithoutKeys() async throws {
            try await Bench.with { bench in
                _ = try await bench.tell(seed: 32)
                let captures = try await Self.captures(bench)
                let capture = try #require(captures.first)
                let other = try #require(captures.first { $0.actor != capture.actor })
                let position = capture.position.rawValue
                try await bench.copy(as: "good")
                let cases = [
                    ("salt = set_byte(salt, 0, 2)", "not of the form"), ("data = '{}'", "a payload beside"),
                    ("key_id = gen_random_uuid()", "there is no such key"),
                    ("key_id = '\(other.seal?.key.lowercaseText ?? "")'", "somebody else's"),
                    ("actor = NULL", "somebody else's"), ("type = 'credit.checked'", "sealed, which its type is not"),
                    ("commitment = sha256('x')", "the entry is not the one in bundle"),
                ]
                for (change, finding) in cases {
                    try await bench.asSuperuser(
                        (Statement("UPDATE zentriq.events SET \(change) WHERE position = \(position)"), []))
                    let report = try await bench.verify(keys: nil)
                    #expect(
                        report.findings.kept.contains {
                            $0.position == capture.position && $0.reason.contains(finding)
                        }, "\(change): \(report.findings.kept)")
                    try await bench.restore("good")
                }
                // And an answer that is missing.
                try await bench.asSuperuser(
                    (
                        Statement("DELETE FROM zentriq.outcomes WHERE response LIKE '%\"capture\":\"\(position)\"%'"),
                        []
                    ))
                let report = try await bench.verify(keys: nil)
                #expect(report.findings.kept.contains { $0.reason == "0 answers are kept for the event, not 1" })
            }
        }

        @Test("a destroyed key leaves a log that verifies, and says how much of it can't be opened any more")
        func destroyed() async throws {
            try await Bench.with { bench in
                _ = try await bench.tell(seed: 33)
                let captures = try await Self.captures(bench)
                let capture = try #require(captures.first)
                let gone = captures.count { $0.actor == capture.actor }
                try await bench.destroyKey(of: capture)
                let report = try await bench.verify()
                #expect(report.isGood, "\(report.findings.kept)")
                #expect(report.seals.destroyed == Int64(gone))
                #expect(report.seals.opened == Int64(captures.count - gone))
                #expect(report.unchecked.contains { $0.contains("can't be opened any more") })
                let without = try await bench.verify(keys: nil)
                #expect(without.seals.destroyed == Int64(gone))
                #expect(without.isGood)
            }
        }

        @Test("captures from before they were sealed verify beside those that are")
        func plainCaptures() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(5)
                try await client.capture()
                let plain = EventType("capture.recorded", retention: .capture, category: "capture")
                let record = client.record(outcome: .failure)
                _ = try await bench.plant(
                    NewEvent(plain, data: record.newEvent.data),
                    in: StreamKey(client.tenant, Streams.captures(.punchout)))
                let report = try await bench.verify()
                // It was planted without its answer; apart from that it is as good as any.
                #expect(
                    report.findings.kept.map(\.reason) == ["0 answers are kept for the event, not 1"])
                #expect(report.seals.all == 1)
            }
        }

        private static func captures(_ bench: Bench) async throws -> [RecordedEvent] {
            try await bench.auditorReader.all(from: LogPosition(0)).filter { $0.type == "capture.recorded" }
        }
    }
}
