import Foundation
import Testing

@testable import Sealing

@Suite("The key of a stored token")
struct TokenKeyTests {
    private let keys = KeyEncryptionKeys(KeyEncryptionKey(randomWithVersion: 3))
    private let token = Array("a refresh token".utf8)

    private static func place(
        log: String = "log.example/a", tenant: UUID = UUID(), subject: UUID = UUID(), product: String = "agent",
        record: UUID = UUID(), generation: Int64 = 1
    ) -> TokenPlace {
        TokenPlace(
            log: log, tenant: tenant, subject: subject, product: product, record: record, generation: generation)
    }

    @Test(
        "opens what it sealed, for the purpose it was sealed for", arguments: TokenKey.Purpose.allCases, [0, 1, 8_192])
    func opens(purpose: TokenKey.Purpose, count: Int) async throws {
        let place = Self.place()
        let key = TokenKey(for: place)
        let wrapped = try await key.wrapped(by: keys)
        let plain = [UInt8](repeating: 0x61, count: count)
        let envelope = key.seal(plain, as: purpose)
        #expect(envelope.count == count + TokenKey.overhead)
        let again = try await TokenKey(unwrapping: wrapped, with: keys, for: place)
        #expect(try again.open(envelope, as: purpose) == plain)
        for other in TokenKey.Purpose.allCases where other != purpose {
            #expect(throws: SealingError.otherKey) { try again.open(envelope, as: other) }
        }
    }

    @Test("two envelopes of one token have nothing in common but the commitment")
    func randomised() async throws {
        let key = TokenKey(for: Self.place())
        let (first, second) = (key.seal(token, as: .token), key.seal(token, as: .token))
        #expect(first.prefix(33) == second.prefix(33))
        #expect(first.dropFirst(33) != second.dropFirst(33))
    }

    @Test("is unwrapped nowhere else than in its place")
    func bound() async throws {
        let place = Self.place()
        let wrapped = try await TokenKey(for: place).wrapped(by: keys)
        let (tenant, subject, record) = (place.tenant, place.subject, place.record)
        let others = [
            Self.place(log: "log.example/b", tenant: tenant, subject: subject, record: record),
            Self.place(subject: subject, record: record), Self.place(tenant: tenant, record: record),
            Self.place(tenant: tenant, subject: subject),
            Self.place(tenant: tenant, subject: subject, product: "punchout", record: record), place.next,
            Self.place(tenant: subject, subject: tenant, record: record),
        ]
        for other in others {
            await #expect(throws: SealingError.notAuthentic) {
                try await TokenKey(unwrapping: wrapped, with: keys, for: other)
            }
        }
        for version: Int32 in [2, 4] {
            await #expect(throws: SealingError.noVersion(version)) {
                try await TokenKey(
                    unwrapping: WrappedKey(version: version, bytes: wrapped.bytes), with: keys, for: place)
            }
        }
    }

    @Test("under another version of the same key it is another key")
    func version() async throws {
        let text = KeyEncryptionKey(randomWithVersion: 1).text
        let versions = try [1, 2].map { try #require(KeyEncryptionKey(version: $0, parsing: text)) }
        let both = try #require(KeyEncryptionKeys(versions))
        let place = Self.place()
        let wrapped = try await TokenKey(for: place).wrapped(by: both)
        #expect(wrapped.version == 2)
        await #expect(throws: SealingError.notAuthentic) {
            try await TokenKey(unwrapping: WrappedKey(version: 1, bytes: wrapped.bytes), with: both, for: place)
        }
    }

    @Test("an envelope of which any bit was changed does not open")
    func changed() async throws {
        let key = TokenKey(for: Self.place())
        let envelope = key.seal(token, as: .token)
        for index in envelope.indices {
            var changed = envelope
            changed[index] ^= 1
            #expect(throws: SealingError.self) { try key.open(changed, as: .token) }
        }
        for count in [0, 1, 33, TokenKey.overhead - 1] {
            #expect(throws: SealingError.malformed) { try key.open(Array(envelope.prefix(count)), as: .token) }
        }
    }

    @Test("shows itself nowhere")
    func redacted() async throws {
        let key = TokenKey(for: Self.place())
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.contains("SymmetricKey")) }
    }
}
