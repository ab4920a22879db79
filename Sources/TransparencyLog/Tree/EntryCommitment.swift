import Crypto

/// What the log holds of an event: a salted commitment, which says nothing about it once the salt is destroyed.
///
///     C    = SHA-256("zentriq-event/v1\n" ‖ salt ‖ u64be(length(event)) ‖ event)
///     leaf = SHA-256(0x00 ‖ C)
///
/// The random salt of 32 bytes makes guessing at an event's content hopeless; the fixed prefix keeps the value from
/// being mistaken for a hash made for another purpose; the length makes the encoding unambiguous.
public enum EntryCommitment {
    public static let saltByteCount = 32

    private static let domain: StaticString = "zentriq-event/v1\n"

    /// The commitment, which is the log's entry.
    ///
    /// - Precondition: `salt` has 32 bytes. Check what comes from outside with `opens` instead.
    public static func commitment(salt: [UInt8], event: [UInt8]) -> TreeHash {
        salt.withUnsafeBytes { salt in event.withUnsafeBytes { commitment(salt: salt, event: $0) } }
    }

    /// The same from memory.
    package static func commitment(salt: UnsafeRawBufferPointer, event: UnsafeRawBufferPointer) -> TreeHash {
        precondition(salt.count == saltByteCount, "a salt has 32 bytes")
        let domain = UnsafeRawBufferPointer(start: domain.utf8Start, count: domain.utf8CodeUnitCount)
        // What stands before the event goes into the hash at once.
        let prefixLength = domain.count + saltByteCount + 8
        return withUnsafeTemporaryAllocation(byteCount: prefixLength, alignment: 1) { prefix in
            prefix.copyMemory(from: domain)
            prefix[domain.count...].copyBytes(from: salt)
            prefix.storeBytes(
                of: UInt64(event.count).bigEndian, toByteOffset: domain.count + saltByteCount, as: UInt64.self)
            return MerkleTree.hash { hasher in
                hasher.update(bufferPointer: UnsafeRawBufferPointer(prefix))
                hasher.update(bufferPointer: event)
            }
        }
    }

    /// The leaf hash of the commitment.
    ///
    /// - Precondition: `salt` has 32 bytes.
    public static func leaf(salt: [UInt8], event: [UInt8]) -> TreeHash {
        MerkleTree.leafHash(of: commitment(salt: salt, event: event))
    }

    /// Whether salt and event open the commitment. False for a salt of the wrong length, so that values received
    /// from anyone may be passed.
    public static func opens(_ commitment: TreeHash, salt: [UInt8], event: [UInt8]) -> Bool {
        salt.count == saltByteCount && Self.commitment(salt: salt, event: event) == commitment
    }
}
