import BillingTesting
import EventStore
import Testing
import TransparencyLog

@testable import Verification

@Suite("A checkpoint that was seen")
struct SeenCheckpointTests {
    @Test("is read as it was written")
    func roundTrip() throws {
        let seen = try Self.sample()
        #expect(try SeenCheckpoint(parsing: seen.text) == seen)
    }

    @Test("is refused when anything in it was changed")
    func changed() throws {
        let text = Array(try Self.sample().text.utf8)
        for index in text.indices {
            var changed = text
            changed[index] ^= 0x01
            let read = String(validating: changed, as: UTF8.self)
            #expect(throws: SeenCheckpointError.self) { try SeenCheckpoint(parsing: read ?? "") }
        }
        for length in text.indices {
            #expect(throws: SeenCheckpointError.self) {
                try SeenCheckpoint(parsing: String(decoding: text[..<length], as: UTF8.self))
            }
        }
    }

    private static func sample() throws -> SeenCheckpoint {
        let signer = try Bench.signer
        return try SeenCheckpoint(
            signer: signer.verifier, signed: signer.checkpoint(size: 3, root: MerkleTree.emptyRoot))
    }
}
