import DurableFiles
import Foundation
import LogTesting
import Logging
import Testing
import TransparencyLog

@testable import Witness

@Suite("What a witness remembers", .timeLimit(.minutes(10)))
struct WitnessStoreTests {
    private let log: MemoryLog

    init() throws {
        log = try MemoryLog()
    }

    @Test("a cosignature holds over the checkpoint, with the time of the clock")
    func cosigns() async throws {
        try await TestWitness.with { witness in
            let store = try witness.open()
            #expect(await store.state.map { $0.latest } == [nil])
            for (old, new) in [(0, 0), (0, 3), (3, 3), (3, 7), (7, 40)] {
                let lines = try await store.add(log.request(old, new))
                #expect(lines.signatures.count == 1)
                let signature = try #require(lines.signatures.first)
                #expect(witness.cosigner.verifier.verifies(signature, over: try log.checkpoint(new).note.text))
                #expect(witness.cosigner.verifier.cosignatureTime(of: signature) == TestWitness.time)
                let expected = try log.checkpoint(new).unverified
                #expect(await store.state.map { $0.latest } == [expected])
            }
            #expect(try witness.files == [witness.file.checkpoint])
        }
    }

    @Test("after a restart it goes on where it stopped, and nowhere else")
    func restart() async throws {
        try await TestWitness.with { witness in
            for (old, new) in [(0, 3), (3, 7), (7, 12)] {
                let store = try witness.open()
                for wrong in 0...20 where wrong != old {
                    await #expect(throws: WitnessRefusal.otherSize(UInt64(old))) {
                        try await store.add(log.request(wrong, 20))
                    }
                }
                _ = try await store.add(log.request(old, new))
            }
            let kept = try SignedCheckpoint(parsing: bytes(witness))
            let policy = try TrustPolicy(log: log.signer.verifier, witnesses: [witness.cosigner.verifier], quorum: 1)
            #expect(try policy.verify(kept).checkpoint == log.checkpoint(12).unverified)
        }
    }

    @Test("killed between writing and renaming, it has the old state, and whatever was half written is no obstacle")
    func killed() async throws {
        try await TestWitness.with { witness in
            _ = try await witness.open().add(log.request(0, 3))
            let old = try bytes(witness)
            _ = try await witness.open().add(log.request(3, 7))
            let new = try bytes(witness)
            for count in [0, 1, new.count / 2, new.count] {
                try Data(old).write(to: URL(filePath: witness.path(witness.file.checkpoint)))
                do {
                    let folder = try StateFolder(witness.folder)
                    try folder.stage(witness.file.checkpoint, Array(new.prefix(count)))
                }
                let store = try await witness.reopen()
                #expect(await store.state.map { $0.latest?.size } == [3])
                _ = try await store.add(log.request(3, 8))
                #expect(await store.state.map { $0.latest?.size } == [8])
            }
            #expect(try witness.files == [witness.file.checkpoint])
        }
    }

    @Test("of many updates from the same state one wins, and the others are told its size")
    func concurrent() async throws {
        try await TestWitness.with { witness in
            let store = try witness.open()
            for round in 0..<5 {
                let (old, sizes) = (round * 8, (round * 8 + 1)...(round * 8 + 8))
                let requests = try sizes.map { try log.request(old, $0) }
                let results = await withTaskGroup(of: Result<UInt64, any Error>.self) { group in
                    for request in requests {
                        group.addTask {
                            do {
                                _ = try await store.add(request)
                                return .success(request.checkpoint.unverified.size)
                            } catch {
                                return .failure(error)
                            }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                let winners = results.compactMap { try? $0.get() }
                let winner = try #require(winners.first)
                #expect(winners.count == 1)
                for case .failure(let error) in results { #expect(error as? WitnessRefusal == .otherSize(winner)) }
                #expect(await store.state.map { $0.latest?.size } == [winner])
                _ = try await store.add(log.request(Int(winner), round * 8 + 8))
            }
        }
    }

    @Test("what can't be kept is not cosigned, and changes nothing")
    func notKept() async throws {
        try await TestWitness.with { witness in
            let store = try witness.open()
            _ = try await store.add(log.request(0, 3))
            let file = try witness.file.checkpoint
            // A folder in the way, as this may run as root, whom no permission stops.
            try FileManager.default.createDirectory(
                atPath: witness.path(file + ".new"), withIntermediateDirectories: false)
            await #expect(throws: WitnessStoreError.self) { try await store.add(log.request(3, 7)) }
            #expect(await store.state.map { $0.latest?.size } == [3])
            try FileManager.default.removeItem(atPath: witness.path(file + ".new"))
            await #expect(throws: WitnessRefusal.otherSize(3)) { try await store.add(log.request(7, 8)) }
            _ = try await store.add(log.request(3, 5))
        }
    }

    @Test("two trees of one size: both are kept as evidence, the first time, and neither is cosigned again")
    func fork() async throws {
        try await TestWitness.with { witness in
            let store = try witness.open()
            _ = try await store.add(log.request(0, 5))
            for other in [MemoryLog.root(6), MemoryLog.root(7)] {
                let forked = try log.request(5, 5, proof: [], root: other)
                await #expect(throws: WitnessRefusal.otherRoot(forked.checkpoint)) { try await store.add(forked) }
            }
            let fork = try witness.file.fork
            let evidence = try Array(Data(contentsOf: URL(filePath: witness.path(fork))))
            #expect(evidence == (try bytes(witness) + log.checkpoint(5, root: MemoryLog.root(6)).encoded()))
            let logged = witness.recorder.entries.filter { $0.level == .critical }
            #expect(logged.map(\.metadata["evidence"]) == [fork, fork])
            _ = try await store.add(log.request(5, 6))
        }
    }

    @Test("logs do not share their state")
    func manyLogs() async throws {
        let other = try MemoryLog(origin: "log.example/../b", seed: 2)
        try await TestWitness.with(logs: [log.signer.verifier, other.signer.verifier]) { witness in
            let store = try witness.open()
            _ = try await store.add(log.request(0, 5))
            await #expect(throws: WitnessRefusal.otherSize(0)) { try await store.add(other.request(5, 7)) }
            _ = try await store.add(other.request(0, 9))
            #expect(await store.state.map { $0.latest?.size } == [9, 5])
            #expect(try witness.files.count == 2)
        }
    }

    @Test("a folder that another witness uses, or that does not exist, is refused")
    func unusable() async throws {
        try await TestWitness.with { witness in
            let store = try witness.open()
            #expect(throws: WitnessStoreError.unusable("\(witness.folder): another process uses it")) {
                try witness.open()
            }
            _ = try await store.add(log.request(0, 3))
            #expect(throws: WitnessStoreError.self) {
                try WitnessStore(
                    folder: witness.path("none"), cosigner: witness.cosigner, logs: witness.logs, clock: { 0 },
                    logger: witness.recorder.logger)
            }
            #expect(throws: WitnessPolicyError.noLog) {
                try WitnessStore(
                    folder: witness.folder, cosigner: witness.cosigner, logs: [], clock: { 0 },
                    logger: witness.recorder.logger)
            }
        }
    }

    @Test("state that this witness did not write is refused, whatever is wrong with it")
    func damaged() async throws {
        let other = try MemoryLog(origin: "log.example/b", seed: 2)
        try await TestWitness.with(logs: [log.signer.verifier, other.signer.verifier]) { witness in
            _ = try await witness.open().add(log.request(0, 5))
            let (path, good) = (witness.path(try witness.file.checkpoint), try bytes(witness))
            let wrong =
                [[], Array(good.dropLast()), good + good, try log.checkpoint(5).encoded()]
                + stride(from: 0, to: good.count, by: 7).map { index in
                    var bytes = good
                    bytes[index] ^= 1
                    return bytes
                }
            for content in wrong where !Self.isStillCosigned(content, good) {
                try Data(content).write(to: URL(filePath: path))
                #expect(throws: WitnessStoreError.self) { try witness.open() }
            }
            try Data(good).write(to: URL(filePath: path))
            let stranger = try Cosigner.generate(name: witness.cosigner.verifier.key.name)
            #expect(throws: WitnessStoreError.self) { try witness.open(stranger) }

            let moved = witness.path(StateFile(other.signer.verifier.key.name).checkpoint)
            try FileManager.default.moveItem(atPath: path, toPath: moved)
            #expect(throws: WitnessStoreError.self) { try witness.open() }
        }
    }

    /// The log's signature in the file is for others: the witness's own covers the text.
    private static func isStillCosigned(_ content: [UInt8], _ good: [UInt8]) -> Bool {
        guard let changed = try? Note(parsing: content), let original = try? Note(parsing: good) else { return false }
        return changed.text == original.text && changed.signatures.last == original.signatures.last
    }

    private func bytes(_ witness: TestWitness) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(filePath: witness.path(witness.file.checkpoint))))
    }
}
