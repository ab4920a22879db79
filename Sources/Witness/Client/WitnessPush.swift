package import TransparencyLog

/// Gets the newest checkpoint of a log cosigned by one witness, and keeps it.
package struct WitnessPush: Sendable {
    /// What is needed of the log, wherever it is.
    package struct Log: Sendable {
        /// The newest checkpoint, and the key that signs for the log.
        let head: @Sendable () async throws -> (checkpoint: SignedCheckpoint, signer: NoteVerifier)
        let consistencyProof: @Sendable (_ from: UInt64, _ to: UInt64) async throws -> [TreeHash]
        /// The newest checkpoint that the witness has cosigned, as far as the log knows.
        let cosigned: @Sendable () async throws -> Checkpoint?
        /// Keeps a checkpoint with the signatures of the log and of the witness.
        let keep: @Sendable (SignedCheckpoint) async throws -> Void

        package init(
            head: @escaping @Sendable () async throws -> (checkpoint: SignedCheckpoint, signer: NoteVerifier),
            consistencyProof: @escaping @Sendable (UInt64, UInt64) async throws -> [TreeHash],
            cosigned: @escaping @Sendable () async throws -> Checkpoint?,
            keep: @escaping @Sendable (SignedCheckpoint) async throws -> Void
        ) {
            self.head = head
            self.consistencyProof = consistencyProof
            self.cosigned = cosigned
            self.keep = keep
        }
    }

    package struct Outcome: Sendable, Equatable {
        package enum Kind: String, Sendable {
            /// The witness had cosigned the newest checkpoint before.
            case current
            case cosigned
            /// Nothing was asked.
            case planned
        }

        package let kind: Kind
        /// The size from which the witness was, or would be, asked to go on.
        package let oldSize: UInt64
        package let size: UInt64
        /// When the witness says it cosigned: seconds since 1970. Only if it was asked.
        package let time: UInt64?
    }

    private let log: Log
    private let witness: NoteVerifier
    private let client: WitnessClient

    /// - Parameter witness: of type `cosignature`.
    package init(log: Log, witness: NoteVerifier, client: WitnessClient) {
        self.log = log
        self.witness = witness
        self.client = client
    }

    /// - Parameter dryRun: only tells what would be asked.
    /// - Throws: `WitnessPolicyError` if the witness's key can't be one of this log's witness, `WitnessPushError`,
    ///   `WitnessClientError`, and what the log throws.
    package func run(dryRun: Bool = false) async throws -> Outcome {
        // In this order: what is cosigned is then no larger than the head.
        let known = try await log.cosigned()
        var head = try await log.head()
        _ = try WitnessPolicy(witness: witness, logs: [head.signer])
        let size = head.checkpoint.unverified.size
        var oldSize = known?.size ?? 0
        if let known, known.size == size, known.root == head.checkpoint.unverified.root {
            return Outcome(kind: .current, oldSize: oldSize, size: size, time: nil)
        }
        guard oldSize <= size else { throw WitnessPushError.witnessIsAhead(witness: oldSize, log: size) }
        if dryRun { return Outcome(kind: .planned, oldSize: oldSize, size: size, time: nil) }

        var answer = try await ask(from: oldSize, head.checkpoint)
        if case .otherSize(let latest) = answer {
            // The log may have grown since, and another push have come first.
            if latest > size { head = try await log.head() }
            let size = head.checkpoint.unverified.size
            guard latest <= size else { throw WitnessPushError.witnessIsAhead(witness: latest, log: size) }
            oldSize = latest
            answer = try await ask(from: oldSize, head.checkpoint)
        }
        switch answer {
        case .cosigned(let lines):
            let time = try await keep(lines, of: head.checkpoint, signedBy: head.signer)
            return Outcome(kind: .cosigned, oldSize: oldSize, size: head.checkpoint.unverified.size, time: time)
        case .otherSize: throw WitnessPushError.witnessMovesOn
        case .refused(let status): throw WitnessPushError.refused(status: status)
        }
    }

    private func ask(from oldSize: UInt64, _ checkpoint: SignedCheckpoint) async throws -> WitnessClient.Answer {
        let proof = try await log.consistencyProof(oldSize, checkpoint.unverified.size)
        return try await client.add(
            AddCheckpointRequest(oldSize: oldSize, proof: proof, checkpoint: checkpoint))
    }

    /// Keeps what the witness's key vouches for; lines of other keys are ignored.
    private func keep(
        _ lines: CosignatureLines, of checkpoint: SignedCheckpoint, signedBy signer: NoteVerifier
    ) async throws -> UInt64? {
        var cosigned = checkpoint
        for signature in lines.signatures where signature.key == witness.key { try cosigned.add(signature) }
        let verified: VerifiedCheckpoint
        do {
            verified = try TrustPolicy(log: signer, witnesses: [witness], quorum: 1).verify(cosigned)
        } catch let refusal as CheckpointRefusal {
            throw WitnessPushError.notVouchedFor(refusal)
        }
        try await log.keep(cosigned)
        return verified.cosignatures.last?.time
    }
}
