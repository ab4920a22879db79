import Testing
import TransparencyLog

/// The expected values are not this code's: they were computed with Python's hashlib,
///
///     c = sha256(b"zentriq-event/v1\n" + salt + struct.pack(">Q", len(event)) + event)
///     leaf = sha256(b"\x00" + c)
@Suite("Entry commitment")
struct EntryCommitmentTests {
    struct Vector: Sendable {
        let salt: [UInt8]
        let event: [UInt8]
        let commitment: String
        let leaf: String
    }

    static let vectors = [
        Vector(
            salt: Array(repeating: 0, count: 32), event: [],
            commitment: "2ee0e7c9c7918d44f15124377906c76c99e8e0fb12261a8fe6e07c5c93a84fa4",
            leaf: "9dc10e03c841b3f2cb115251e0c9926e434758f8442bced8f2c361d6d9004fe6"),
        Vector(
            salt: Array(0..<32), event: Array(#"{"a":1}"#.utf8),
            commitment: "4665d961fd67b67a06e18417ad18d1ecafb9a9b80449a1b0082e63beb7874bfd",
            leaf: "8aa3079dde5ffbc7ffada3441ad282dd8ee05500ae9448c330d8d4cd428aff10"),
        Vector(
            salt: Array(repeating: 0xFF, count: 32), event: Array(#"{"name":"Zoë"}"#.utf8),
            commitment: "215e4b6e8b03d979c792f353ea7ba5c809f965dd0b78b1727506bb31595dca38",
            leaf: "f0971880b41a4561185e852c9b038924346c293598a679cfc34b134c5507bbc8"),
        Vector(
            salt: Array(0..<32), event: (0..<1_000).map { UInt8($0 % 256) },
            commitment: "0817b968f4ad76914f8a48a81064198451b5084c6b2da8483159b35321e86a6b",
            leaf: "d1f82dbdf3684de93b5b5090f393c200e54de70c84706a3f18635784078b5cb6"),
    ]

    @Test("commitment and leaf are what another implementation computes", arguments: vectors)
    func knownAnswers(vector: Vector) {
        let commitment = EntryCommitment.commitment(salt: vector.salt, event: vector.event)
        #expect(commitment.hex == vector.commitment)
        #expect(EntryCommitment.leaf(salt: vector.salt, event: vector.event).hex == vector.leaf)
        #expect(MerkleTree.leafHash(of: commitment).hex == vector.leaf)
        #expect(EntryCommitment.opens(commitment, salt: vector.salt, event: vector.event))
    }

    @Test("nothing but the same salt and event opens a commitment", arguments: vectors)
    func changed(vector: Vector) {
        let commitment = EntryCommitment.commitment(salt: vector.salt, event: vector.event)
        var salt = vector.salt
        salt[31] ^= 1
        #expect(!EntryCommitment.opens(commitment, salt: salt, event: vector.event))
        #expect(!EntryCommitment.opens(commitment, salt: vector.salt, event: vector.event + [0]))
        #expect(!EntryCommitment.opens(commitment.flippingBit(0), salt: vector.salt, event: vector.event))
    }

    @Test("a salt of another length opens nothing, and does no harm", arguments: [0, 31, 33, 64])
    func saltLength(count: Int) {
        let salt = [UInt8](repeating: 0, count: count)
        #expect(!EntryCommitment.opens(MerkleTree.emptyRoot, salt: salt, event: []))
    }
}
