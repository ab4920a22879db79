import TransparencyLog

/// A log of any number of leaves that signs what it likes, and a witness of it.
struct SampleWitness {
    static let leaves = sampleLeaves(40)

    let signer: NoteSigner
    let cosigner: Cosigner
    let policy: WitnessPolicy

    init(origin: String = "log.example/a", others: [NoteVerifier] = []) throws {
        signer = try NoteSigner(name: KeyName(origin), seed: [UInt8](repeating: 1, count: 32))
        cosigner = try Cosigner(name: KeyName("witness.example/w1"), seed: SampleLog.witnessSeed)
        policy = try WitnessPolicy(witness: cosigner.verifier, logs: [signer.verifier] + others)
    }

    static func root(_ size: Int) -> TreeHash { MerkleTree.root(of: Array(leaves[..<size])) }

    func checkpoint(_ size: Int, root: TreeHash? = nil, extensions: [String] = []) throws -> Checkpoint {
        try Checkpoint(
            origin: signer.verifier.key.name.text, size: UInt64(size), root: root ?? Self.root(size),
            extensions: extensions)
    }

    func signed(_ size: Int, root: TreeHash? = nil) throws -> SignedCheckpoint {
        try SignedCheckpoint(signing: checkpoint(size, root: root), with: signer)
    }

    func request(_ old: Int, _ new: Int, proof: [TreeHash]? = nil, root: TreeHash? = nil) throws -> AddCheckpointRequest
    {
        let honest = ConsistencyProof.path(fromSize: min(old, new), in: Array(Self.leaves[..<new]))
        return try AddCheckpointRequest(
            oldSize: UInt64(old), proof: proof ?? honest ?? [], checkpoint: signed(new, root: root))
    }

    /// What the witness does, having cosigned the tree of that size last; with nil, nothing.
    func decide(_ request: AddCheckpointRequest, after latest: Int?) throws -> SignedCheckpoint {
        let latest = try latest.map { try checkpoint($0) }
        return try policy.decide(request) { _ in latest }
    }
}
