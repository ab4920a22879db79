import BillingTesting
import CanonicalJSON
import EventStore
import Testing
import TransparencyLog

@testable import Verification

extension VerificationTests {
    @Suite("Receipts, offline")
    struct ReceiptTests {
        @Test("of every event of a log hold, and are told in words")
        func holds() async throws {
            try await Bench.with { bench in
                _ = try await bench.tell(seed: 51, upTo: 280)
                var types: Set<String> = []
                for event in try await bench.auditorReader.all(from: LogPosition(0)) {
                    let file = try await Self.file(bench, event)
                    let receipt = try VerifiedReceipt(file.encoded(), policy: Self.policy)
                    #expect(receipt.event == event.canonicalBytes(origin: Bench.origin))
                    #expect(receipt.position == UInt64(event.position.rawValue))
                    let sentences = EventSentences(receipt).all
                    #expect(!sentences.contains { $0.contains("unknown") }, "\(sentences)")
                    if types.insert(event.type).inserted { print("RECEIPT | \(sentences.joined(separator: " "))") }
                }
                #expect(types.count >= 9, "\(types)")
            }
        }

        @Test("with any byte changed are refused")
        func everyByte() async throws {
            let bytes = try await Self.sample().encoded()
            _ = try VerifiedReceipt(bytes, policy: Self.policy)
            for index in bytes.indices {
                for flip: UInt8 in [0x01, 0x20, 0x80] {
                    var changed = bytes
                    changed[index] ^= flip
                    #expect(throws: ReceiptFault.self, "byte \(index)") {
                        try VerifiedReceipt(changed, policy: Self.policy)
                    }
                }
            }
            for length in stride(from: 0, to: bytes.count, by: 7) {
                #expect(throws: ReceiptFault.self) {
                    try VerifiedReceipt(Array(bytes.prefix(length)), policy: Self.policy)
                }
            }
        }

        @Test("hold with signatures of unknown keys, which are ignored")
        func unknownSignatures() async throws {
            let file = try await Self.sample()
            let other = try NoteSigner(name: KeyName("other.example"), seed: [UInt8](repeating: 3, count: 32))
            var signed = file.checkpoint
            try signed.add(other.signature(over: "something else\n"))
            let extended = try ProofFile(extra: file.extra, index: file.index, path: file.path, checkpoint: signed)
            _ = try VerifiedReceipt(extended.encoded(), policy: Self.policy)
        }

        @Test("name the reason for which they are refused")
        func reasons() async throws {
            let file = try await Self.sample()
            func reason(_ policy: TrustPolicy? = nil, extra: [UInt8]? = nil, index: UInt64? = nil) throws -> String? {
                let changed = try ProofFile(
                    extra: extra ?? file.extra, index: index ?? file.index, path: file.path, checkpoint: file.checkpoint
                )
                do {
                    _ = try VerifiedReceipt(changed.encoded(), policy: policy ?? Self.policy)
                    return nil
                } catch let fault as ReceiptFault {
                    return fault.description
                }
            }
            func edited(_ edit: (inout String) -> Void) -> [UInt8] {
                var text = String(decoding: file.extra, as: UTF8.self)
                edit(&text)
                return Array(text.utf8)
            }
            let notIncluded = "this event, at this position, is not in the tree of the checkpoint"
            #expect(try reason() == nil)
            #expect(try reason(index: file.index + 1) == notIncluded)
            #expect(try reason(index: 1_000_000) == "the tree of the checkpoint has no such position")
            #expect(try reason(extra: edited { $0.replace("\"units\":\"6\"", with: "\"units\":\"7\"") }) == notIncluded)
            #expect(
                try reason(extra: edited { $0.replace("\"salt\":\"", with: "\"salt\":\"AAAA") })
                    == "the salt does not have 32 bytes")
            #expect(try reason(extra: edited { $0 += " " }) == "the extra data is not canonical JSON")
            #expect(
                try reason(extra: edited { $0.replace("{\"event\"", with: "{\"a\":1,\"event\"") })
                    == "the extra data is not an event and its salt")
            #expect(
                try reason(extra: edited { $0.replace("\"log\":\"log", with: "\"log\":\"dog") })
                    == "the event is not of the log that the checkpoint is of")
            #expect(try reason(extra: []) == "the file has no event with it")
            #expect(try reason(extra: Array("{".utf8))?.hasPrefix("the extra data is not strict JSON") == true)

            let other = try NoteSigner(name: KeyName(Bench.origin), seed: [UInt8](repeating: 3, count: 32)).verifier
            #expect(try reason(TrustPolicy(log: other)) == "the checkpoint is not signed by the log's key")
            let witness = try Cosigner(name: KeyName("witness.example"), seed: [UInt8](repeating: 4, count: 32))
                .verifier
            #expect(
                try reason(TrustPolicy(log: Bench.signer.verifier, witnesses: [witness], quorum: 1))
                    == "the checkpoint is cosigned by 0 of the given witnesses, not by 1")
        }

        @Test("tell what no version of this program knows in general words")
        func unknownType() throws {
            let event: JSONObject = [
                "actor": .null, "class": .string("system"), "data": .object(["a": .integer(1)]), "id": .string("x"),
                "log": .string(Bench.origin), "recorded_at": .string("2026-05-01T12:00:00.000000Z"), "request": .null,
                "schema": .integer(1), "stream": .string("policy"), "tenant": .string("t"),
                "type": .string("policy.changed"), "version": .string("4"),
            ]
            let salt = [UInt8](repeating: 5, count: 32)
            let bytes = JSONValue.object(event).canonicalBytes()
            let leaf = EntryCommitment.leaf(salt: salt, event: bytes)
            let extra = JSONValue.object(["event": .object(event), "salt": .string(Base64.encode(salt))])
            let file = try ProofFile(
                extra: extra.canonicalBytes(), index: 0, path: [],
                checkpoint: Bench.signer.checkpoint(size: 1, root: MerkleTree.root(of: [leaf])))
            let sentences = EventSentences(try VerifiedReceipt(file.encoded(), policy: Self.policy)).all
            #expect(
                sentences == [
                    "An event of the type policy.changed was recorded, which this version can't put in words.",
                    "It belongs to tenant t, version 4 of the stream policy.",
                    "Recorded on 2026-05-01T12:00:00.000000Z, caused by the service itself.",
                ])
        }

        private static var policy: TrustPolicy {
            get throws { try TrustPolicy(log: Bench.signer.verifier) }
        }

        private static func file(_ bench: Bench, _ event: RecordedEvent) async throws -> ProofFile {
            try #require(try await Receipts(reader: bench.reader).receipt(at: event.position, of: event.stream.tenant))
        }

        /// The receipt of a grant in a small log.
        private static func sample() async throws -> ProofFile {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(6, reference: "order-1")
                try await client.capture()
                return try await file(bench, try #require(try await client.events(client.account.stream).first))
            }
        }
    }

    @Suite("Hand-overs, offline")
    struct HandoverTests {
        @Test("hold with both keys, and with no others")
        func holds() throws {
            let name = try KeyName("log.example")
            let signers = try (1...3).map { try NoteSigner(name: name, seed: [UInt8](repeating: $0, count: 32)) }
            let keys = signers.map(\.verifier)
            let first = try LogSigner(signers[0]).checkpoint(size: 7, root: MerkleTree.emptyRoot)
            let both = try LogSigner(signers[1]).countersign(first).encoded()
            #expect(try Handover.verify(both, from: keys[0], to: keys[1]).size == 7)
            #expect(throws: HandoverRefusal.unsigned(.new)) { try Handover.verify(both, from: keys[0], to: keys[2]) }
            #expect(throws: HandoverRefusal.unsigned(.old)) { try Handover.verify(both, from: keys[2], to: keys[1]) }
            #expect(throws: HandoverRefusal.sameKey) { try Handover.verify(both, from: keys[0], to: keys[0]) }
            #expect(throws: HandoverRefusal.unsigned(.new)) {
                try Handover.verify(first.encoded(), from: keys[0], to: keys[1])
            }
            let stranger = try NoteSigner(name: KeyName("other.example"), seed: [UInt8](repeating: 1, count: 32))
                .verifier
            #expect(throws: HandoverRefusal.otherNames) { try Handover.verify(both, from: keys[0], to: stranger) }
            for index in both.indices {
                var changed = both
                changed[index] ^= 0x01
                #expect(throws: HandoverRefusal.self) { try Handover.verify(changed, from: keys[0], to: keys[1]) }
            }
        }

        @Test("are refused for the checkpoint of another log")
        func otherOrigin() throws {
            let signers = try (1...2).map {
                try NoteSigner(name: KeyName("log.example"), seed: [UInt8](repeating: $0, count: 32))
            }
            let checkpoint = try Checkpoint(origin: "other.example", size: 7, root: MerkleTree.emptyRoot)
            var signed = try SignedCheckpoint(signing: checkpoint, with: signers[0])
            try signed.add(signers[1].signature(over: checkpoint.text))
            #expect(throws: HandoverRefusal.otherOrigin) {
                try Handover.verify(signed.encoded(), from: signers[0].verifier, to: signers[1].verifier)
            }
        }
    }
}
