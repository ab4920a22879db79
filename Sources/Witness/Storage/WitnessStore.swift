import DurableFiles
package import Logging
package import TransparencyLog

/// A witness: cosigns what its policy allows, and remembers for each log what it cosigned last, in a folder.
///
/// One request at a time is decided, kept and cosigned, so that no two can start from the same state. No cosignature
/// leaves before the checkpoint is on the disk. The files are notes, named by the SHA-256 of the origin:
/// `HASH.checkpoint` with the signatures of log and witness, and `HASH.fork`, the evidence if the log ever signs two
/// trees of one size.
package actor WitnessStore {
    private nonisolated let queue = BlockingQueue(label: "witness")
    private let folder: StateFolder
    private let policy: WitnessPolicy
    private let cosigner: Cosigner
    private let clock: @Sendable () -> UInt64
    private let logger: Logger
    private var latest: [KeyName: SignedCheckpoint]

    package nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    /// Opens the folder, which must exist: a mistaken name must not begin an empty memory.
    ///
    /// - Parameters:
    ///   - logs: the keys of the logs; see `WitnessPolicy`.
    ///   - clock: seconds since 1970, UTC.
    /// - Throws: `WitnessPolicyError`, or `WitnessStoreError` if the folder can't be used, another process uses it, or a
    ///   file in it is not what this witness wrote.
    package init(
        folder path: String, cosigner: Cosigner, logs: [NoteVerifier], clock: @escaping @Sendable () -> UInt64,
        logger: Logger
    ) throws {
        policy = try WitnessPolicy(witness: cosigner.verifier, logs: logs)
        do { folder = try StateFolder(path) } catch { throw WitnessStoreError.unusable("\(path): \(error)") }
        self.cosigner = cosigner
        self.clock = clock
        self.logger = logger
        latest = [:]
        for origin in policy.origins {
            latest[origin] = try Self.read(StateFile(origin), from: folder, by: cosigner.verifier)
        }
    }

    /// What was cosigned last for each log, by origin; nil for a log that never was.
    package var state: [(origin: KeyName, latest: Checkpoint?)] {
        policy.origins.map { ($0, latest[$0]?.unverified) }
    }

    /// Cosigns the checkpoint if it continues what was cosigned last.
    ///
    /// - Throws: `WitnessRefusal`, or `WitnessStoreError` if it could not be kept; then nothing is cosigned, and what
    ///   was cosigned last stands.
    package func add(_ request: AddCheckpointRequest) throws -> CosignatureLines {
        var accepted: SignedCheckpoint
        do {
            accepted = try policy.decide(request) { latest[$0]?.unverified }
        } catch {
            if case .otherRoot(let other) = error { keepEvidence(other) }
            throw error
        }
        let checkpoint = accepted.unverified
        let origin = try KeyName(checkpoint.origin)
        let cosignature = try cosigner.cosign(checkpoint, time: clock())
        try accepted.add(cosignature)
        do { try folder.replace(StateFile(origin).checkpoint, with: accepted.encoded()) } catch {
            throw WitnessStoreError.notKept("\(error)")
        }
        latest[origin] = accepted
        return try CosignatureLines([cosignature])
    }

    /// Both notes, one after the other. The first fork of a log is kept; what comes later proves no more.
    private func keepEvidence(_ other: SignedCheckpoint) {
        guard let origin = try? KeyName(other.unverified.origin) else { return }
        let file = StateFile(origin).fork
        var metadata: Logger.Metadata = [
            "origin": "\(origin)", "size": "\(other.unverified.size)", "evidence": "\(file)",
        ]
        do {
            if try !folder.exists(file) {
                try folder.replace(file, with: (latest[origin]?.encoded() ?? []) + other.encoded())
            }
        } catch {
            metadata["evidence"] = "not kept: \(error)"
        }
        logger.critical("the log has signed two trees of one size", metadata: metadata)
    }

    /// Its own cosignature shows that the file is what the witness wrote. The log's key may have changed since.
    private static func read(
        _ file: StateFile, from folder: StateFolder, by witness: NoteVerifier
    ) throws(WitnessStoreError) -> SignedCheckpoint? {
        let bytes: [UInt8]?
        do { bytes = try folder.read(file.checkpoint, maximumByteCount: Note.maximumByteCount) } catch {
            throw .unusable("\(error)")
        }
        guard let bytes else { return nil }
        guard let signed = try? SignedCheckpoint(parsing: bytes), (try? signed.note.verify(with: [witness])) != nil,
            signed.unverified.origin.utf8.elementsEqual(file.origin.text.utf8)
        else { throw .damaged(origin: file.origin.text, file: file.checkpoint) }
        return signed
    }
}

/// Why a witness can't work with its folder.
package enum WitnessStoreError: Error, Equatable, CustomStringConvertible {
    case unusable(String)
    /// Not what this witness, with this key, wrote.
    case damaged(origin: String, file: String)
    case notKept(String)

    package var description: String {
        switch self {
        case .unusable(let reason): "the state folder can't be used: \(reason)"
        case .damaged(let origin, let file):
            "the state of \(origin) in \(file) was not written by this witness with this key: begin a new witness, with a "
                + "new name, key and folder"
        case .notKept(let reason): "the checkpoint could not be kept: \(reason)"
        }
    }
}
