import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import Testing
import TransparencyLog

@testable import Verification

extension VerificationTests {
    /// Changes behind the service's back, by somebody who may do anything in the database.
    @Suite("Tampering")
    struct TamperingTests {
        /// What is changed, and what verify says of it: where, and a part of the words.
        struct Case {
            let name: String
            let sql: [String]
            let position: Int64?
            let finding: String

            init(_ name: String, _ sql: String..., at position: Int64? = nil, finding: String) {
                self.name = name
                self.sql = sql
                self.position = position
                self.finding = finding
            }
        }

        @Test("is found, whatever was changed, and named with its position")
        func isFound() async throws {
            try await Bench.with { bench in
                _ = try await bench.tell(seed: 21)
                let good = try await bench.verify()
                #expect(good.isGood, "\(good.findings.kept)")
                let seen = try #require(good.checkpoint)
                try await bench.copy(as: "good")
                for tampering in try await Self.cases(bench) {
                    for sql in tampering.sql { try await bench.asSuperuser((Statement(sql), [])) }
                    let report = try await bench.verify(seen: seen)
                    try await bench.restore("good")
                    let found = report.findings.kept.first {
                        $0.reason.contains(tampering.finding)
                            && (tampering.position == nil || $0.position?.rawValue == tampering.position)
                    }
                    #expect(found != nil, "\(tampering.name): \(report.findings.kept)")
                    #expect(report.checkpoint == nil, "\(tampering.name)")
                    print(
                        "TAMPERING | \(tampering.name) | \(found.map { "\($0)" } ?? "NOT FOUND") | \(report.findings.count)"
                    )
                }
                #expect(try await bench.verify(seen: seen).isGood)
            }
        }

        // MARK: Cases

        private static func cases(_ bench: Bench) async throws -> [Case] {
            let events = try await bench.auditorReader.all(from: LogPosition(0))
            let debit = try #require(events.first { $0.type == "credit.debited" && $0.position.rawValue > 20 })
            let grant = try #require(events.first { $0.type == "credit.granted" && $0.position.rawValue > 20 })
            let refund = try #require(events.first { $0.type == "credit.refunded" })
            let late = try #require(events.last { $0.type == "credit.debited" })
            let next = try #require(events.first { $0.position.rawValue > debit.position.rawValue + 1 })
            return try row(debit, next) + sealed(events) + tail(events) + streams(late) + tree(events) + head()
                + answers(debit, grant, refund)
        }

        private static func sealed(_ events: [RecordedEvent]) throws -> [Case] {
            let captures = events.filter { $0.type == "capture.recorded" }
            let capture = try #require(captures.first { $0.position.rawValue > 20 })
            let own = try #require(captures.last { $0.actor == capture.actor })
            let other = try #require(captures.last { $0.actor != capture.actor })
            let first = try #require(captures.first { $0.actor == capture.actor }).position.rawValue
            let (p, q, r) = (capture.position.rawValue, own.position.rawValue, other.position.rawValue)
            let key = try #require(capture.seal?.key)
            let otherKey = try #require(other.seal?.key)
            func update(_ columns: String) -> String { "UPDATE zentriq.events SET \(columns) WHERE position = \(p)" }
            func updateKey(_ columns: String) -> String {
                "UPDATE zentriq.subject_keys SET \(columns) WHERE key_id = '\(key)'"
            }
            func exchange(_ columns: String, with q: Int64) -> String {
                """
                UPDATE zentriq.events AS e SET (\(columns)) = (SELECT \(columns) FROM zentriq.events AS o
                WHERE o.position = \(p + q) - e.position) WHERE position IN (\(p), \(q))
                """
            }
            let changed = "can't be opened: it was changed, or moved"
            return [
                Case(
                    "a byte of an envelope's ciphertext", update("salt = set_byte(salt, 80, get_byte(salt, 80) # 1)"),
                    at: p, finding: changed),
                Case(
                    "a byte of an envelope's nonce", update("salt = set_byte(salt, 33, get_byte(salt, 33) # 1)"), at: p,
                    finding: changed),
                Case(
                    "a byte of an envelope's key commitment", update("salt = set_byte(salt, 1, get_byte(salt, 1) # 1)"),
                    at: p, finding: "it is sealed under another key"),
                Case(
                    "an envelope's format", update("salt = set_byte(salt, 0, 2)"), at: p,
                    finding: "it is not of the form of anything sealed"),
                Case(
                    "an envelope cut short", update("salt = substr(salt, 1, 94)"), at: p,
                    finding: "it is not of the form of anything sealed"),
                Case(
                    "an envelope made longer", update("salt = salt || '\\x00'::bytea"), at: p, finding: changed),
                Case(
                    "two envelopes of one person, exchanged", exchange("salt, key_id", with: q), at: p, finding: changed
                ),
                Case(
                    "two envelopes of two people, exchanged", exchange("salt, key_id", with: r), at: p,
                    finding: "the key is somebody else's"),
                Case(
                    "another person's envelope under the own key", exchange("salt, class", with: r), at: p,
                    finding: "it is sealed under another key"),
                Case(
                    "another person's key", update("key_id = '\(otherKey)'"), at: p,
                    finding: "the key is somebody else's"),
                Case("nobody's key", update("key_id = gen_random_uuid()"), at: p, finding: "there is no such key"),
                Case(
                    "an envelope that is none any more", update("key_id = NULL"), at: p,
                    finding: "the salt does not have 32 bytes"),
                Case("a payload beside the envelope", update("data = '{}'"), at: p, finding: "has a payload beside"),
                Case(
                    "the actor of a sealed event", update("actor = gen_random_uuid()"), at: p,
                    finding: "the key is somebody else's"),
                Case(
                    "the identifier of a sealed event", update("event_id = gen_random_uuid()"), at: p, finding: changed),
                Case(
                    "the commitment of a sealed event",
                    update("commitment = set_byte(commitment, 0, get_byte(commitment, 0) # 1)"), at: p,
                    finding: "the row is not what its entry commits to"),
                Case(
                    "a wrapped key", updateKey("wrapped = set_byte(wrapped, 30, get_byte(wrapped, 30) # 1)"), at: first,
                    finding: "the key: it was changed"),
                Case(
                    "the version of a wrapped key", updateKey("kek_version = 9"), at: first,
                    finding: "version 9 of the key-encryption key is not there"),
                Case(
                    "the owner of a wrapped key", updateKey("subject = gen_random_uuid()"), at: first,
                    finding: "the key is somebody else's"),
                Case(
                    "a key, deleted", "DELETE FROM zentriq.subject_keys WHERE key_id = '\(key)'", at: first,
                    finding: "there is no such key"),
            ]
        }

        private static func row(_ debit: RecordedEvent, _ other: RecordedEvent) throws -> [Case] {
            let (p, q) = (debit.position.rawValue, other.position.rawValue)
            var forged = debit
            forged.data = Array(
                String(decoding: debit.data, as: UTF8.self).replacing("\"units\":\"1\"", with: "\"units\":\"0\"").utf8)
            let commitment = forged.computedCommitment(origin: Bench.origin).hex
            func update(_ columns: String) -> String { "UPDATE zentriq.events SET \(columns) WHERE position = \(p)" }
            let notCommitted = "the row is not what its entry commits to"
            return [
                Case(
                    "a digit of a body", update("data = replace(data, '\"units\":\"1\"', '\"units\":\"2\"')"), at: p,
                    finding: notCommitted),
                Case(
                    "a byte of a salt", update("salt = set_byte(salt, 0, get_byte(salt, 0) # 1)"), at: p,
                    finding: notCommitted),
                Case("a salt cut short", update("salt = '\\x00'"), at: p, finding: "the salt does not have 32 bytes"),
                Case(
                    "a byte of a commitment",
                    update("commitment = set_byte(commitment, 31, get_byte(commitment, 31) # 1)"), at: p,
                    finding: notCommitted),
                Case(
                    "a commitment cut short", update("commitment = '\\x00'"), at: p,
                    finding: "the commitment does not have 32 bytes"),
                Case(
                    "a body, and its commitment made anew",
                    update(
                        "data = replace(data, '\"units\":\"1\"', '\"units\":\"0\"'), commitment = '\\x\(commitment)'"),
                    at: p, finding: "the entry is not the one in bundle 0"),
                Case("a body that is no JSON", update("data = 'null'"), at: p, finding: "malformed"),
                Case("an actor", update("actor = NULL"), at: p, finding: notCommitted),
                Case("a tenant", update("tenant_id = gen_random_uuid()"), at: p, finding: notCommitted),
                Case(
                    "a type", update("type = 'credit.unknown'"), at: p, finding: "no event type credit.unknown is known"
                ),
                Case("a version", update("version = version + 900"), at: p, finding: "version"),
                Case(
                    "a name of a stream", update("stream_id = 'Account'"), at: p,
                    finding: "its stream has no valid name"),
                Case(
                    "a time, to before", update("recorded_at = recorded_at - interval '1 hour'"), at: p,
                    finding: "its time is before"),
                Case("a mark that a row is sealed", update("key_id = gen_random_uuid()"), at: p, finding: "sealed"),
                Case(
                    "a row's class",
                    "WITH row AS (DELETE FROM zentriq.events WHERE position = \(p) RETURNING *) INSERT INTO zentriq.events SELECT log_id, position, recorded_at, version, tenant_id, event_id, actor, request_id, schema_version, 'system', stream_id, type, salt, commitment, data, key_id FROM row",
                    at: p, finding: "credit.debited stands in class system"),
                Case(
                    "two rows, exchanged", "UPDATE zentriq.events SET position = -1 WHERE position = \(p)",
                    "UPDATE zentriq.events SET position = \(p) WHERE position = \(q)",
                    "UPDATE zentriq.events SET position = \(q) WHERE position = -1", at: p,
                    finding: "the entry is not the one in bundle 0"),
                Case(
                    "a row in the middle, deleted", "DELETE FROM zentriq.events WHERE position = \(p)", at: p,
                    finding: "the event is missing"),
                Case(
                    "the first row, deleted", "DELETE FROM zentriq.events WHERE position = 0", at: 0,
                    finding: "the event is missing"),
                Case(
                    "three rows, deleted", "DELETE FROM zentriq.events WHERE position IN (\(p), \(p + 1), \(p + 2))",
                    at: p, finding: "the events up to position \(p + 2) are missing"),
            ]
        }

        private static func tail(_ events: [RecordedEvent]) -> [Case] {
            let size = Int64(events.count)
            func added(at position: String, class name: String = "class") -> String {
                """
                INSERT INTO zentriq.events SELECT log_id, \(position), recorded_at, version + 1, tenant_id, gen_random_uuid(),
                actor, request_id, schema_version, \(name), stream_id, type, salt, commitment, data, key_id
                FROM zentriq.events WHERE position = \(size - 1)
                """
            }
            return [
                Case(
                    "the newest row, deleted", "DELETE FROM zentriq.events WHERE position = \(size - 1)", at: size - 1,
                    finding: "the event is missing"),
                Case("a row added at the end", added(at: "\(size)"), at: size, finding: "events outside of the log"),
                Case("a row added before the beginning", added(at: "-1"), at: -1, finding: "events outside of the log"),
                Case(
                    "a row added in the middle", added(at: "7", class: "'system'"), at: 7,
                    finding: "the position is there twice"),
            ]
        }

        private static func streams(_ event: RecordedEvent) -> [Case] {
            let tenant = event.stream.tenant.rawValue
            func update(_ columns: String) -> String {
                "UPDATE zentriq.streams SET \(columns) WHERE tenant_id = '\(tenant)' AND stream_id = '\(event.stream.stream.name)'"
            }
            let notFolded = "the state in the head is not what the events add up to"
            return [
                Case("a stream's version", update("version = version - 1"), finding: "the head is at version"),
                Case("a stream's position", update("position = position - 1"), finding: "the head says position"),
                Case(
                    "a balance", update("state = regexp_replace(state, '\"balance\":\"', '\"balance\":\"9')"),
                    finding: notFolded),
                Case("a state that is lost", update("state = NULL"), finding: notFolded),
                Case("a stream's due time", update("due_at = 1"), finding: "the head is due at another time"),
                Case(
                    "a stream's head, deleted",
                    "DELETE FROM zentriq.streams WHERE tenant_id = '\(tenant)' AND stream_id = '\(event.stream.stream.name)'",
                    finding: "the stream has events and no head"),
                Case(
                    "a stream's head, invented",
                    "INSERT INTO zentriq.streams VALUES (1, '\(tenant)', 'account-invented', 1, 5, NULL, NULL)", at: 5,
                    finding: "there is a head, and no event of the stream"),
            ]
        }

        private static func tree(_ events: [RecordedEvent]) -> [Case] {
            [
                Case(
                    "a byte of a tile",
                    "UPDATE zentriq.bundles SET entries = set_byte(entries, 40 * 32, get_byte(entries, 40 * 32) # 1) WHERE index = 1",
                    at: 296, finding: "the entry is not the one in bundle 1"),
                Case(
                    "a tile, deleted", "DELETE FROM zentriq.bundles WHERE index = 0", at: 0,
                    finding: "bundle 0 is not kept"),
                Case(
                    "a tile, invented",
                    "INSERT INTO zentriq.bundles SELECT log_id, 2, entries FROM zentriq.bundles WHERE index = 1",
                    finding: "tiles: bundles for which there are no events: 1, from 2 on"),
                Case(
                    "the root of a tile",
                    "UPDATE zentriq.subtrees SET hash = sha256('x') WHERE level = 1 AND index = 1", at: 511,
                    finding: "the root of tile 1 of level 0 is not the one that is kept"),
                Case(
                    "the root of a tile, deleted", "DELETE FROM zentriq.subtrees WHERE level = 1 AND index = 0",
                    at: 255, finding: "is not kept"),
                Case(
                    "the root of a tile, invented", "INSERT INTO zentriq.subtrees VALUES (1, 2, 0, sha256('x'))",
                    finding: "tiles: roots of level 2 for which there are no events: 1"),
                Case(
                    "an entry beyond the tiles, with its row",
                    "UPDATE zentriq.events SET commitment = sha256('x') WHERE position = 515", at: 512,
                    finding: "the root over all entries is not the head's"),
            ]
        }

        private static func head() -> [Case] {
            [
                Case(
                    "the head's root", "UPDATE zentriq.heads SET root = sha256('x')",
                    finding: "head: its root is not that of the entries"),
                Case(
                    "the head's compact range",
                    "UPDATE zentriq.heads SET frontier = set_byte(frontier, 0, get_byte(frontier, 0) # 1)",
                    finding: "its compact range is not that of the tree"),
                Case(
                    "the head's size", "UPDATE zentriq.heads SET size = size - 1", finding: "events outside of the log"),
                Case("the head's size, to below zero", "UPDATE zentriq.heads SET size = -1", finding: "the size is -1"),
                Case(
                    "the head's time", "UPDATE zentriq.heads SET recorded_at = recorded_at + interval '1 second'",
                    finding: "head: its time is"),
                Case(
                    "the checkpoint's text",
                    "UPDATE zentriq.heads SET checkpoint = replace(checkpoint, E'\\n', E'\\n1')",
                    finding: "head: the checkpoint is not one"),
                Case(
                    "the checkpoint's size",
                    "UPDATE zentriq.heads SET checkpoint = regexp_replace(checkpoint, E'\\n\\\\d', E'\\n9')",
                    finding: "head: the checkpoint is not signed by the signer's key"),
                Case(
                    "the signer", "UPDATE zentriq.heads SET signer = '\(otherKey)'",
                    finding: "no hand-over leads from the key seen at an earlier run"),
                Case(
                    "a hand-over, invented",
                    "INSERT INTO zentriq.handovers SELECT 1, 1, size, '\(otherKey)', signer, checkpoint FROM zentriq.heads",
                    finding: "hand-over 1: the old key has not signed it"),
                Case(
                    "a cosignature, invented",
                    "INSERT INTO zentriq.cosignatures SELECT 1, 'w', size, checkpoint FROM zentriq.heads",
                    finding: "cosignature of w: it does not hold"),
                Case(
                    "the log's name", "UPDATE zentriq.logs SET origin = 'other' WHERE log_id = 1",
                    "UPDATE zentriq.heads SET epoch = epoch", finding: "head: the log's origin is other"),
            ]
        }

        private static func answers(
            _ debit: RecordedEvent, _ grant: RecordedEvent, _ refund: RecordedEvent
        ) -> [Case] {
            func update(_ columns: String, _ event: RecordedEvent) -> String {
                "UPDATE zentriq.outcomes SET \(columns) WHERE response ~ '\"(position|debit)\":\"\(event.position.rawValue)\"'"
            }
            func delete(_ event: RecordedEvent, _ condition: String = "true") -> String {
                "DELETE FROM zentriq.outcomes WHERE response LIKE '%\"position\":\"\(event.position.rawValue)\"%' AND \(condition)"
            }
            let capture = debit.position.rawValue + 1
            let granted = grant.position.rawValue
            return [
                Case(
                    "an answer's amount",
                    update("response = replace(response, '\"debited\":\"1\"', '\"debited\":\"0\"')", debit),
                    at: capture, finding: "the stored answer has another debited"),
                Case(
                    "an answer's balance",
                    update("response = replace(response, '\"available\":\"', '\"available\":\"1')", grant), at: granted,
                    finding: "the stored answer has another available"),
                Case(
                    "an answer's form", update("response = response || ' '", grant),
                    finding: "the stored answer is not canonical JSON"),
                Case(
                    "an answer's event",
                    update(
                        "response = replace(response, '\"position\":\"\(granted)\"', '\"position\":\"99999\"')", grant),
                    finding: "the stored answer is about position 99999"),
                Case("an answer's position", update("position = position + 1", grant), finding: "the stored answer"),
                Case(
                    "an answer's tenant", update("tenant_id = gen_random_uuid()", grant), at: granted,
                    finding: "an answer of another tenant"),
                Case(
                    "an answer's fingerprint", update("fingerprint = sha256('x')", grant), at: granted,
                    finding: "the fingerprint of the request is not that of the event"),
                Case(
                    "an answer's key", update("key = sha256('x')", debit), at: capture,
                    finding: "no answer is kept under the event's own key"),
                Case(
                    "an answer, deleted", delete(grant), at: granted, finding: "0 answers are kept for the event, not 1"
                ),
                Case(
                    "one of a refund's two answers, deleted",
                    delete(
                        refund,
                        "ctid = (SELECT max(ctid) FROM zentriq.outcomes WHERE response LIKE '%\"position\":\"\(refund.position.rawValue)\"%')"
                    ), at: refund.position.rawValue, finding: "1 answers are kept for the event, not 2"),
            ]
        }

        /// A sound verifier key of the same name that is not the log's.
        private static var otherKey: String {
            let name = try? KeyName(Bench.origin)
            return name.flatMap { try? NoteSigner(name: $0, seed: [UInt8](repeating: 9, count: 32)).verifier.text }
                ?? ""
        }
    }
}
