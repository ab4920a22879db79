import TransparencyLog

/// A log of forty leaves in memory that signs whatever it is told to.
struct MemoryLog {
    static let leaves = (0..<40).map { MerkleTree.leafHash(of: [UInt8($0)]) }

    let signer: NoteSigner

    init(origin: String = "log.example/a", seed: UInt8 = 1) throws {
        signer = try NoteSigner(name: KeyName(origin), seed: [UInt8](repeating: seed, count: 32))
    }

    static func root(_ size: Int) -> TreeHash { MerkleTree.root(of: Array(leaves[..<size])) }

    func checkpoint(_ size: Int, root: TreeHash? = nil) throws -> SignedCheckpoint {
        let checkpoint = try Checkpoint(
            origin: signer.verifier.key.name.text, size: UInt64(size), root: root ?? Self.root(size))
        return try SignedCheckpoint(signing: checkpoint, with: signer)
    }

    func request(
        _ old: Int, _ new: Int, proof: [TreeHash]? = nil, root: TreeHash? = nil
    ) throws -> AddCheckpointRequest {
        let honest = ConsistencyProof.path(fromSize: min(old, new), in: Array(Self.leaves[..<new]))
        return try AddCheckpointRequest(
            oldSize: UInt64(old), proof: proof ?? honest ?? [], checkpoint: checkpoint(new, root: root))
    }
}
