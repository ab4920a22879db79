import Foundation
import Testing

@testable import Sealing

@Suite("Keys of staff")
struct MemberKeyTests {
    private let keys: KeyEncryptionKeys
    private let member = UUID()

    init() {
        keys = KeyEncryptionKeys(KeyEncryptionKey(randomWithVersion: 1))
    }

    private func unwrapped(
        _ wrapped: WrappedKey, log: String = "log", member: UUID? = nil, version: Int32 = 1
    ) throws -> MemberKey {
        try MemberKey(
            unwrapping: wrapped, with: keys, log: log, member: member ?? self.member, version: version)
    }

    @Test("open what they sealed, for its purpose")
    func roundTrip() throws {
        let (key, wrapped) = MemberKey.make(log: "log", member: member, version: 1, wrappedBy: keys)
        let sealed = key.seal([1, 2, 3], as: .secret)
        #expect(try unwrapped(wrapped).open(sealed, as: .secret) == [1, 2, 3])
        #expect(throws: SealingError.notAuthentic) { try unwrapped(wrapped).open(sealed, as: .name) }
        #expect(throws: SealingError.malformed) { try key.open([], as: .secret) }
        #expect(throws: SealingError.malformed) { try key.open([2] + sealed.dropFirst(), as: .secret) }
        for index in sealed.indices.dropFirst() {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: SealingError.notAuthentic) { try key.open(changed, as: .secret) }
        }
        #expect("\(key)" == "MemberKey(\(member))")
    }

    @Test("are bound to the log, the member and the version")
    func binding() throws {
        let (_, wrapped) = MemberKey.make(log: "log", member: member, version: 2, wrappedBy: keys)
        #expect(throws: SealingError.notAuthentic) { try unwrapped(wrapped, log: "other", version: 2) }
        #expect(throws: SealingError.notAuthentic) { try unwrapped(wrapped, member: UUID(), version: 2) }
        #expect(throws: SealingError.notAuthentic) { try unwrapped(wrapped, version: 1) }
        _ = try unwrapped(wrapped, version: 2)
    }
}
