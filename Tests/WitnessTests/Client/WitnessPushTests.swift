import BillingTesting
import EventStore
import Postgres
import PostgresTesting
import Synchronization
import Testing
import TransparencyLog

@testable import Witness

/// A real log in a real database, and a real witness.
@Suite("Pushing to a witness", .timeLimit(.minutes(10)))
struct WitnessPushTests {
    @Test("the newest checkpoint is cosigned and kept, again and again, and only when there is something new")
    func pushes() async throws {
        try await Self.with { bench, witness, push in
            let client = Client(bench)
            var last: Int64 = 0
            for round in 0..<3 {
                if round > 0 { try await client.grant(5) }
                let size = try await bench.size()
                let planned = try await push(true)
                #expect(planned.kind == .planned && planned.size == UInt64(size))
                #expect(try await Self.newest(bench)?.unverified.size == (round == 0 ? nil : UInt64(last)))

                let outcome = try await push(false)
                #expect(outcome.kind == .cosigned && outcome.oldSize == UInt64(last))
                #expect(outcome.size == UInt64(size) && outcome.time == TestWitness.time)
                let kept = try #require(try await Self.newest(bench))
                let policy = try TrustPolicy(
                    log: Bench.signer.verifier, witnesses: [witness.cosigner.verifier], quorum: 1)
                #expect(try policy.verify(kept).checkpoint.size == UInt64(size))
                for dryRun in [true, false] { #expect(try await push(dryRun).kind == .current) }
                last = size
            }
        }
    }

    @Test("what the witness cosigned and the log forgot is found out, and the push goes on from there")
    func forgotten() async throws {
        try await Self.with { bench, witness, push in
            try await Client(bench).grant(5)
            _ = try await push(false)
            try await Client(bench).grant(5)
            let log = Mutex<Checkpoint?>(nil)
            for known in [0, 1] as [UInt64] {
                let checkpoint =
                    known == 0
                    ? nil
                    : try Checkpoint(
                        origin: Bench.origin, size: known,
                        root: await TreeReader(log: Bench.log, pool: bench.projectorPool).root(size: known))
                log.withLock { $0 = checkpoint }
                let outcome = try await push(false, known: { log.withLock { $0 } })
                #expect(outcome.kind == .cosigned)
                #expect(outcome.oldSize > known)
            }
        }
    }

    @Test("a log that is smaller than what the witness cosigned is a finding")
    func restoredLog() async throws {
        try await Self.with { bench, witness, push in
            try await Client(bench).grant(5)
            let old = try await Self.head(bench)
            try await Client(bench).grant(5)
            _ = try await push(false)
            let sizes = (try await bench.size(), Int64(old.checkpoint.unverified.size))
            let ahead = WitnessPushError.witnessIsAhead(witness: UInt64(sizes.0), log: UInt64(sizes.1))
            await #expect(throws: ahead) { try await push(false, head: { old }, known: { nil }) }
            await #expect(throws: ahead) { try await push(true, head: { old }) }
            #expect(ahead.isFinding)
        }
    }

    @Test("a log that grows between the two questions is pushed as it is then")
    func growing() async throws {
        try await Self.with { bench, witness, push in
            try await Client(bench).grant(5)
            let old = try await Self.head(bench)
            try await Client(bench).grant(5)
            _ = try await push(false)
            let asked = Mutex(0)
            let outcome = try await push(
                false,
                head: {
                    let isFirst = asked.withLock { count in
                        count += 1
                        return count == 1
                    }
                    return isFirst ? old : try await Self.head(bench)
                }, known: { nil })
            #expect(outcome.kind == .cosigned)
            #expect(outcome.oldSize == outcome.size && outcome.size > old.checkpoint.unverified.size)
        }
    }

    @Test("another history of the same log is a finding, of the same size and beyond")
    func forkedLog() async throws {
        try await Self.with { bench, witness, push in
            try await Client(bench).grant(5)
            _ = try await push(false)
            let size = UInt64(try await bench.size())
            let signer = try Bench.signer
            for (size, status) in [(size, 409), (size + 1, 422)] as [(UInt64, UInt)] {
                let forged = try signer.checkpoint(size: size, root: MemoryLog.root(3))
                let error = WitnessPushError.refused(status: status)
                await #expect(throws: error) {
                    try await push(
                        false, head: { (forged, signer.verifier) },
                        proof: { _, _ in status == 409 ? [] : [MemoryLog.root(1)] })
                }
                #expect(error.isFinding)
            }
            #expect(try await Self.newest(bench)?.unverified.size == size)
        }
    }

    @Test("a witness that does not know the log, or trusts another of its keys, is no finding")
    func unknown() async throws {
        let stranger = try NoteSigner(name: KeyName(Bench.origin), seed: [UInt8](repeating: 8, count: 32)).verifier
        for (key, status) in [(try MemoryLog().signer.verifier, 404), (stranger, 403)] as [(NoteVerifier, UInt)] {
            try await Self.with(logs: [key]) { bench, _, push in
                let error = WitnessPushError.refused(status: status)
                await #expect(throws: error) { try await push(false) }
                #expect(!error.isFinding)
                let newest = try await Self.newest(bench)
                #expect(newest == nil)
            }
        }
    }

    @Test("a cosignature of another key is not kept, nor is a key that can't be a witness's of this log asked")
    func wrongKey() async throws {
        try await Self.with { bench, witness, push in
            let name = witness.cosigner.verifier.key.name
            let other = try Cosigner.generate(name: name).verifier
            await #expect(throws: WitnessPushError.notVouchedFor(.tooFewCosignatures(required: 1, found: 0))) {
                try await push(false, witness: other)
            }
            let own = try NoteVerifier(
                name: KeyName(Bench.origin), type: .cosignature, publicKey: witness.cosigner.verifier.publicKey)
            await #expect(throws: WitnessPolicyError.sharedName) { try await push(false, witness: own) }
            await #expect(throws: WitnessPolicyError.wrongKeyType) {
                try await push(false, witness: MemoryLog().signer.verifier)
            }
            #expect(try await Self.newest(bench) == nil)
        }
    }

    // MARK: The bench

    typealias Head = (checkpoint: SignedCheckpoint, signer: NoteVerifier)

    /// Pushes, with whatever the test puts in the place of the log's own.
    struct Push: Sendable {
        let url: String
        let bench: Bench
        let witness: NoteVerifier

        @discardableResult
        func callAsFunction(
            _ dryRun: Bool, head: (@Sendable () async throws -> Head)? = nil,
            proof: (@Sendable (UInt64, UInt64) async throws -> [TreeHash])? = nil,
            known: (@Sendable () async throws -> Checkpoint?)? = nil, witness: NoteVerifier? = nil
        ) async throws -> WitnessPush.Outcome {
            let (bench, witness) = (bench, witness ?? self.witness)
            let tree = TreeReader(log: Bench.log, pool: bench.projectorPool)
            let log = WitnessPush.Log(
                head: head ?? { try await WitnessPushTests.head(bench) },
                consistencyProof: proof ?? { try await tree.consistencyProof(from: $0, to: $1) },
                cosigned: known ?? {
                    try await Cosignatures(log: Bench.log, pool: bench.projectorPool).newest(by: witness)?
                        .checkpoint.unverified
                },
                keep: { checkpoint in
                    try await WitnessPushTests.asGateway(bench) { try await $0.add(checkpoint, by: witness) }
                })
            return try await WitnessPush(log: log, witness: witness, client: WitnessClient(url: url)).run(
                dryRun: dryRun)
        }
    }

    static func with(
        logs: [NoteVerifier]? = nil, _ body: @Sendable @escaping (Bench, TestWitness, Push) async throws -> Void
    ) async throws {
        try await Bench.with { bench in
            try await TestWitness.with(logs: logs ?? [Bench.signer.verifier]) { witness in
                try await witness.serving { url in
                    try await body(bench, witness, Push(url: url, bench: bench, witness: witness.cosigner.verifier))
                }
            }
        }
    }

    static func head(_ bench: Bench) async throws -> Head {
        let head = try await bench.reader.head()
        return (try SignedCheckpoint(parsing: Array(head.checkpoint.utf8)), try NoteVerifier(parsing: head.signer))
    }

    static func newest(_ bench: Bench) async throws -> SignedCheckpoint? {
        try await Cosignatures(log: Bench.log, pool: bench.projectorPool).newest()
    }

    static func asGateway<Value>(
        _ bench: Bench, _ body: (Cosignatures) async throws -> Value
    ) async throws -> Value {
        let pool = PostgresPool(configuration: try bench.database.configuration(role: .gateway), size: 1)
        let result: Result<Value, any Error>
        do { result = .success(try await body(Cosignatures(log: Bench.log, pool: pool))) } catch {
            result = .failure(error)
        }
        await pool.close()
        return try result.get()
    }
}
