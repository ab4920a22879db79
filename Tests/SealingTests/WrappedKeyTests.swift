import Crypto
import Foundation
import Testing

@testable import Sealing

@Suite("Wrapped keys")
struct WrappedKeyTests {
    @Test("a subject's key that is unwrapped opens what it sealed, and what it was made with stays out of it")
    func roundTrip() async throws {
        let keks = try Sample.keks(Sample.kek())
        let (key, wrapped) = try await SubjectKey.make(
            log: Sample.log, tenant: Sample.tenant, subject: Sample.subject, wrappedBy: keks)
        #expect(wrapped.version == 7)
        #expect(wrapped.bytes.count == WrappedKey.byteCount)
        let again = try await SubjectKey(
            unwrapping: wrapped, with: keks, log: Sample.log, tenant: Sample.tenant, subject: Sample.subject,
            id: key.id)
        #expect(try again.open(Sample.envelope(key)).data == Sample.data)
    }

    @Test("what wraps never goes back to an older version, in whatever order it is told")
    func neverBack() async throws {
        let keks = try Sample.keks(Sample.kek(1), Sample.kek(2, first: 1), Sample.kek(3, first: 2))
        for (told, wraps) in [(1, 1), (2, 2), (1, 2), (3, 3), (2, 3)] as [(Int32, Int32)] {
            keks.use(told)
            #expect(try await keks.wrap(Sample.secret, for: Sample.owner).version == wraps)
        }
    }

    /// Made with Python's cryptography 38 (OpenSSL).
    @Test("the bytes are those of the format: keys that others wrapped")
    func knownAnswers() async throws {
        let keks = try Sample.keks(Sample.kek())
        let wrapped = WrappedKey(
            version: 7,
            bytes: [UInt8](
                hex: "01000102030405060708090a0b9faa3a4fb948c7ee951a94c39a9786bdf9062f833916c632df0bf3104ff15fff"
                    + "871dcf8f9853f35a6c857889d29735d6"))
        let key = try await SubjectKey(
            unwrapping: wrapped, with: keks, log: Sample.log, tenant: Sample.tenant, subject: Sample.subject,
            id: Sample.keyID)
        #expect(Sample.envelope(key) == Sample.envelope())
        let lookup = WrappedKey(
            version: 7,
            bytes: [UInt8](
                hex: "01000102030405060708090a0b9faa3a4fb948c7ee951a94c39a9786bdf9062f833916c632df0bf3104ff15fff"
                    + "3d95b2cf7d1e137eeb9611647c217ebf"))
        let code = try await LookupKey(unwrapping: lookup, with: keks, log: Sample.log)
            .code(of: Sample.object, in: Sample.tenant)
        #expect(
            code.hex == "3a8c6960739e0b6282d50336503f94f47bcdc06d9ecb72b91659ae42e217c0cb")
        #expect(
            try key.openObject(
                [UInt8](
                    hex: "01000102030405060708090a0bdabc04110a9e57457b04eb9b9636c51e9f4dd06a859d8606b5bd9252df6e3c46"
                )) == Sample.object)
        let fingerprint = key.fingerprint { update in Array("request".utf8).withUnsafeBytes { update($0) } }
        #expect(fingerprint.hex == "6f07cd67b3db4ce47254b38ea70027f4aeef9ad1152649e89be6ade0f49121a7")
        #expect(try Sample.kek().fingerprint == "7b8b77cb3cb5bdbe")
    }

    @Test("a wrapped key of which any one byte was changed, that was cut short or made longer, is refused")
    func changed() async throws {
        let kek = try Sample.kek()
        let wrapped = try await kek.wrap(Sample.secret, for: Sample.owner).bytes
        for index in wrapped.indices {
            var changed = wrapped
            changed[index] ^= 0x80
            await #expect(throws: index == 0 ? SealingError.malformed : .notAuthentic, "byte \(index)") {
                try await kek.unwrap(changed, of: Sample.owner)
            }
            await #expect(throws: SealingError.malformed) {
                try await kek.unwrap(Array(wrapped[..<index]), of: Sample.owner)
            }
        }
        await #expect(throws: SealingError.malformed) { try await kek.unwrap(wrapped + [0], of: Sample.owner) }
    }

    @Test("a key is unwrapped as what it was wrapped as, and as nothing else")
    func owners() async throws {
        let kek = try Sample.kek()
        let wrapped = try await kek.wrap(Sample.secret, for: Sample.owner).bytes
        let (log, tenant, subject, key) = (Sample.log, Sample.tenant, Sample.subject, Sample.keyID)
        let others: [KeyOwner] = [
            .subject(log: log + "2", tenant: tenant, subject: subject, key: key),
            .subject(log: log, tenant: UUID(), subject: subject, key: key),
            .subject(log: log, tenant: tenant, subject: UUID(), key: key),
            .subject(log: log, tenant: tenant, subject: subject, key: UUID()),
            .subject(log: log, tenant: subject, subject: tenant, key: key), .lookup(log: log),
        ]
        for other in others {
            await #expect(throws: SealingError.notAuthentic) { try await kek.unwrap(wrapped, of: other) }
        }
    }

    @Test("the newest version wraps, each unwraps its own, and another key under the same version does not")
    func versions() async throws {
        let (first, second) = (try Sample.kek(1), try Sample.kek(2, first: 50))
        let both = try Sample.keks(second, first)
        #expect(both.key(2)?.version == 2 && both.key(3) == nil)
        #expect(both.all.map(\.version) == [1, 2])
        let old = try await Sample.keks(first).wrap(Sample.secret, for: Sample.owner)
        let new = try await both.wrap(Sample.secret, for: Sample.owner)
        #expect((old.version, new.version) == (1, 2))
        #expect(try await both.unwrap(old, of: Sample.owner) == Sample.secret)
        #expect(try await both.unwrap(new, of: Sample.owner) == Sample.secret)
        await #expect(throws: SealingError.noVersion(2)) { try await Sample.keks(first).unwrap(new, of: Sample.owner) }
        // As the other version, and with a wrong key of the same version.
        await #expect(throws: SealingError.notAuthentic) {
            try await both.unwrap(WrappedKey(version: 2, bytes: old.bytes), of: Sample.owner)
        }
        let wrong = try Sample.keks(Sample.kek(1, first: 1))
        await #expect(throws: SealingError.notAuthentic) { try await wrong.unwrap(old, of: Sample.owner) }
        #expect(KeyEncryptionKeys([]) == nil)
        #expect(KeyEncryptionKeys([first, first]) == nil)
    }

    @Test("the sealed identifier of a person opens with that person's key only")
    func object() throws {
        let sealed = Sample.key.sealObject(Sample.object)
        #expect(sealed.count == 45)
        #expect(try Sample.key.openObject(sealed) == Sample.object)
        #expect(Sample.key.sealObject(Sample.object) != sealed)
        for other in [Sample.key(Sample.secret, tenant: UUID()), Sample.key(SymmetricKey(size: .bits256))] {
            #expect(throws: SealingError.notAuthentic) { try other.openObject(sealed) }
        }
        #expect(throws: SealingError.malformed) { try Sample.key.openObject([]) }
        #expect(throws: SealingError.malformed) { try Sample.key.openObject(Array(sealed.dropLast())) }
        #expect(throws: SealingError.malformed) { try Sample.key.openObject([2] + sealed.dropFirst()) }
    }

    @Test("a code finds one person of one tenant")
    func codes() async throws {
        let keks = try Sample.keks(Sample.kek())
        func key() async throws -> LookupKey {
            try await LookupKey(
                unwrapping: LookupKey.make(log: Sample.log, wrappedBy: keks), with: keks, log: Sample.log)
        }
        let lookup = try await key()
        let code = lookup.code(of: Sample.object, in: Sample.tenant)
        #expect(code == lookup.code(of: Sample.object, in: Sample.tenant))
        let other = try await key().code(of: Sample.object, in: Sample.tenant)
        let others = [
            lookup.code(of: Sample.tenant, in: Sample.object), lookup.code(of: Sample.object, in: UUID()),
            lookup.code(of: UUID(), in: Sample.tenant), other,
        ]
        #expect(!others.contains(code))
    }
}
