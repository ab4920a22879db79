import Postgres
import PostgresTesting
import Testing
import TransparencyLog

@testable import EventStore

@Suite("Cosignatures", .timeLimit(.minutes(10)))
struct CosignatureTests {
    private let first: Cosigner
    private let second: Cosigner

    init() throws {
        first = try Cosigner(name: KeyName("w.test/1"), seed: [UInt8](repeating: 1, count: 32))
        second = try Cosigner(name: KeyName("w.test/2"), seed: [UInt8](repeating: 2, count: 32))
    }

    @Test("of each witness the newest checkpoint is kept, and an older one changes nothing")
    func newestOfEach() async throws {
        let log = try await TestLog.make()
        try await withCosignatures(log) { cosignatures in
            #expect(try await cosignatures.newest() == nil)
            #expect(try await cosignatures.newest(by: first.verifier) == nil)
            #expect(try await cosignatures.all().isEmpty)
            for (witness, size, kept) in [(first, 5, 5), (second, 3, 3), (first, 4, 5), (first, 9, 9)] {
                try await cosignatures.add(cosigned(log, size, by: [witness]), by: witness.verifier)
                let entry = try await cosignatures.newest(by: witness.verifier)
                let expected = try cosigned(log, kept, by: [witness])
                #expect(entry?.checkpoint == expected)
                #expect(entry?.witness == witness.verifier)
            }
            #expect(try await cosignatures.all().map(\.checkpoint.unverified.size) == [9, 3])
            let other = try await TestLog.make()
            let others = Cosignatures(log: other.log, pool: cosignatures.pool)
            #expect(try await others.newest() == nil)
        }
    }

    @Test("the newest checkpoint has the cosignatures of all that stand under its size, and of no others")
    func merged() async throws {
        let log = try await TestLog.make()
        let third = try Cosigner(name: KeyName("w.test/3"), seed: [UInt8](repeating: 3, count: 32))
        try await withCosignatures(log) { cosignatures in
            try await cosignatures.add(cosigned(log, 5, by: [first]), by: first.verifier)
            try await expect(cosignatures, cosigned(log, 5, by: [first]))
            try await cosignatures.add(cosigned(log, 5, by: [second]), by: second.verifier)
            try await cosignatures.add(cosigned(log, 4, by: [third]), by: third.verifier)
            try await expect(cosignatures, cosigned(log, 5, by: [first, second]))
            let policy = try TrustPolicy(
                log: log.signer.verifier, witnesses: [first.verifier, second.verifier, third.verifier], quorum: 2)
            let newest = try #require(try await cosignatures.newest())
            #expect(try policy.verify(newest).cosignatures.count == 2)

            try await cosignatures.add(cosigned(log, 6, by: [third]), by: third.verifier)
            try await expect(cosignatures, cosigned(log, 6, by: [third]))
        }
    }

    @Test("what another key vouches for, or none, is not kept")
    func notCosigned() async throws {
        let log = try await TestLog.make()
        try await withCosignatures(log) { cosignatures in
            for (checkpoint, reason) in [
                (try cosigned(log, 5, by: []), NoteVerificationError.noKnownSignature),
                (try cosigned(log, 5, by: [second]), .noKnownSignature),
            ] {
                await #expect(throws: reason) { try await cosignatures.add(checkpoint, by: first.verifier) }
            }
            var forged = try cosigned(log, 5, by: [])
            let other = try cosigned(log, 6, by: [first])
            try forged.add(try #require(other.note.signatures.last))
            await #expect(throws: NoteVerificationError.invalidSignature(first.verifier.key)) {
                try await cosignatures.add(forged, by: first.verifier)
            }
            #expect(try await cosignatures.newest() == nil)
        }
    }

    @Test("two trees of one size are not merged, but told")
    func fork() async throws {
        let log = try await TestLog.make()
        try await withCosignatures(log) { cosignatures in
            try await cosignatures.add(cosigned(log, 5, by: [first]), by: first.verifier)
            let other = try cosigned(log, 5, root: MerkleTree.emptyRoot, by: [second])
            try await cosignatures.add(other, by: second.verifier)
            await #expect(throws: LogError.corrupt("witnesses have cosigned two trees of size 5")) {
                try await cosignatures.newest()
            }
        }
    }

    @Test("who may add is the gateway; every service may read", arguments: [TestDatabase.Role.projector, .auditor])
    func roles(role: TestDatabase.Role) async throws {
        let log = try await TestLog.make()
        try await withCosignatures(log, role) { cosignatures in
            await expectRefused("42501") {
                try await cosignatures.add(cosigned(log, 5, by: [first]), by: first.verifier)
            }
            let (all, newest) = (try await cosignatures.all(), try await cosignatures.newest())
            #expect(all.isEmpty && newest == nil)
        }
        try await log.use(.gateway) { connection in
            for statement in [
                "INSERT INTO zentriq.cosignatures VALUES (1, 'w', 1, 'c')", "DELETE FROM zentriq.cosignatures",
                "UPDATE zentriq.cosignatures SET size = 1",
            ] { await expectRefused("42501") { try await connection.script(statement) } }
        }
    }

    /// A checkpoint of a log that need not be so large.
    private func cosigned(
        _ log: TestLog, _ size: Int, root: TreeHash? = nil, by witnesses: [Cosigner]
    ) throws -> SignedCheckpoint {
        let root = root ?? MerkleTree.leafHash(of: [UInt8(size)])
        var signed = try log.signer.checkpoint(size: UInt64(size), root: root)
        for witness in witnesses { try signed.add(witness.cosign(signed.unverified, time: UInt64(size))) }
        return signed
    }

    private func expect(
        _ cosignatures: Cosignatures, _ checkpoint: SignedCheckpoint, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let newest = try await cosignatures.newest()
        #expect(newest == checkpoint, sourceLocation: sourceLocation)
    }

    private func withCosignatures<Value>(
        _ log: TestLog, _ role: TestDatabase.Role = .gateway, _ body: (Cosignatures) async throws -> Value
    ) async throws -> Value {
        try await log.withReader(role) { try await body(Cosignatures(log: log.log, pool: $0.pool)) }
    }
}
