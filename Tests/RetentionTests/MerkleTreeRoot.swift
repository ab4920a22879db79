import TransparencyLog

/// The root over one entry.
enum MerkleTreeRoot {
    static func of(_ entry: TreeHash) -> String { MerkleTree.leafHash(of: entry).base64 }
}
