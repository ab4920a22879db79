import CPKCS11
import Foundation
import Testing

@testable import Sealing
@testable import TokenKeys

@Suite("Keys in a PKCS #11 token", .serialized, .timeLimit(.minutes(5)))
struct TokenKeysTests {
    private let soft: SoftToken
    /// Nobody else's keys.
    private let log = "log.example.com/\(UUID().uuidString)"

    init() throws {
        soft = try SoftToken.shared.get()
    }

    private func provider(
        token: String = "zentriq-main", module: String = SoftToken.module, pinFile: String? = nil, log: String? = nil
    ) throws -> TokenKeys {
        TokenKeys(module: module, token: token, pinFile: try pinFile ?? soft.pinFile(), log: log ?? self.log)
    }

    private var owner: KeyOwner { .lookup(log: log) }

    @Test("versions follow each other, tell themselves apart, and wrap what they and nobody else unwrap")
    func versions() async throws {
        let provider = try provider()
        #expect(try await provider.load().isEmpty)
        await #expect(throws: KeyProviderError.self) { try await KeyEncryptionKeys.load(from: provider) }
        for version in 1...2 { #expect(try await provider.generateNext().version == version) }
        await #expect(throws: KeyProviderError.self) { try await provider.generate(version: 2) }
        #expect(try await self.provider(log: log + "-2").load().isEmpty)
        let keys = try await KeyEncryptionKeys.load(from: self.provider())
        #expect(keys.all.map(\.version) == [1, 2])
        #expect(Set(keys.all.map(\.fingerprint)).count == 2)
        #expect(keys.all.allSatisfy { $0.fingerprint.count == 6 })

        let made = try await LookupKey.make(log: log, wrappedBy: keys)
        #expect(made.version == 2 && made.bytes.count == WrappedKey.byteCount && made.bytes.first == WrappedKey.format)
        let (object, tenant) = (UUID(), UUID())
        let code = try await LookupKey(unwrapping: made, with: keys, log: log).code(of: object, in: tenant)
        keys.use(1)
        let old = try await keys.rewrap(made, of: owner)
        #expect(old.version == 1)
        let same = try await LookupKey(unwrapping: old, with: keys, log: log).code(of: object, in: tenant)
        #expect(same == code)
        for index in made.bytes.indices {
            var changed = made.bytes
            changed[index] ^= 1
            await #expect(throws: index == 0 ? SealingError.malformed : .notAuthentic, "byte \(index)") {
                try await keys.unwrap(WrappedKey(version: 2, bytes: changed), of: owner)
            }
        }
        await #expect(throws: SealingError.notAuthentic) { try await keys.unwrap(made, of: .lookup(log: log + "x")) }
        await #expect(throws: SealingError.notAuthentic) {
            try await keys.unwrap(WrappedKey(version: 1, bytes: made.bytes), of: owner)
        }

        for _ in 0..<2 { try await provider.destroy(version: 1) }
        try await keys.reload()
        #expect(keys.all.map(\.version) == [2])
        await #expect(throws: SealingError.noVersion(1)) { try await keys.unwrap(old, of: owner) }
    }

    @Test("the bytes are those of a folder: what one wraps with a key, the other opens with it")
    func sameBytes() async throws {
        let raw = Data((100..<132).map { UInt8($0) })
        let file = soft.folder.appending(path: "aes-\(UUID().uuidString)")
        try raw.write(to: file)
        try soft.tool(
            "--import", file.path, "--aes", "--token", "zentriq-bytes", "--label", "zentriq-kek-\(log)-7", "--id", "07",
            "--pin", SoftToken.pin)
        let inToken = try await KeyEncryptionKeys.load(from: provider(token: "zentriq-bytes"))
        let inFile = KeyEncryptionKeys(
            try #require(KeyEncryptionKey(version: 7, parsing: raw.base64EncodedString())))
        for (one, other) in [(inToken, inFile), (inFile, inToken)] {
            let wrapped = try await LookupKey.make(log: log, wrappedBy: one)
            #expect(wrapped.bytes.count == WrappedKey.byteCount)
            #expect(try await other.unwrap(wrapped, of: owner) == one.unwrap(wrapped, of: owner))
        }
    }

    @Test(
        "a key that could be taken out of the token, or is too short, is refused, and not used",
        arguments: [
            (false, false, 32, "it can be taken out of the token"),
            (true, true, 32, "it can be taken out of the token"),
            (false, true, 32, "it can be taken out of the token"), (true, false, 16, "it has not 256 bits"),
        ])
    func unfit(isSensitive: Bool, isExtractable: Bool, length: UInt, words: String) async throws {
        try soft.makeKey(
            "zentriq-kek-\(log)-1", isSensitive: isSensitive, isExtractable: isExtractable, length: CK_ULONG(length))
        let provider = try provider()
        let error = await #expect(throws: KeyProviderError.self) { try await KeyEncryptionKeys.load(from: provider) }
        #expect(error?.description.contains("zentriq-kek-\(log)-1") == true, "\(error as Any)")
        #expect(error?.description.contains(words) == true, "\(error as Any)")
        // Beside it, one that is made here is no help: what can't be trusted is looked at first.
        await #expect(throws: KeyProviderError.self) { try await provider.generateNext() }
    }

    @Test("many who want something at once all get it, in one session")
    func parallel() async throws {
        let provider = try provider()
        _ = try await provider.generateNext()
        let keys = try await KeyEncryptionKeys.load(from: provider)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    let wrapped = try await LookupKey.make(log: log, wrappedBy: keys)
                    _ = try await keys.unwrap(wrapped, of: owner)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("a session that was lost is opened anew, with another log-in, and nobody notices")
    func lostSession() async throws {
        let provider = try provider()
        _ = try await provider.generateNext()
        let keys = try await KeyEncryptionKeys.load(from: provider)
        let wrapped = try await LookupKey.make(log: log, wrappedBy: keys)
        let module = try CryptokiModule(path: SoftToken.module)
        let finalize = unsafeBitCast(
            module.functions.pointee.C_Finalize, to: (@convention(c) (UnsafeMutableRawPointer?) -> CK_RV).self)
        #expect(finalize(nil) == 0)
        _ = try await keys.unwrap(wrapped, of: owner)
        #expect(finalize(nil) == 0)
        #expect(try await provider.load().map(\.version) == [1])
        #expect(finalize(nil) == 0)
        #expect(try await provider.generateNext().version == 2)
    }

    @Test("a wrong PIN is told by its name, and is not tried again until there is another one")
    func wrongPIN() async throws {
        let file = try soft.pinFile("wrong")
        let provider = try provider(token: "zentriq-wrong-pin", pinFile: file)
        // The token would be locked long before.
        for _ in 0..<50 {
            await #expect(throws: KeyProviderError("C_Login answered CKR_PIN_INCORRECT")) { try await provider.load() }
        }
        try FileManager.default.removeItem(atPath: file)
        #expect(FileManager.default.createFile(atPath: file, contents: Data(SoftToken.pin.utf8)))
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: file)
        #expect(try await provider.load().isEmpty)
    }

    @Test("a missing module, token, PIN or key, and an ambiguous token, are told in one line")
    func missing() async throws {
        let open = try soft.pinFile(mode: 0o444)
        for (provider, words) in [
            (try provider(module: "/nowhere/pkcs11.so"), "the PKCS #11 module /nowhere/pkcs11.so can't be loaded"),
            (try provider(module: "libc.so.6"), "is no PKCS #11 module"),
            (try provider(token: "zentriq-none"), "there is no token with the label zentriq-none"),
            (try provider(token: ""), "there is no token with the label"),
            (try provider(token: "zentriq-twins"), "there are 2 tokens with the label zentriq-twins"),
            (try provider(token: "zentriq-rotation", pinFile: "/nowhere/pin"), "there is no PIN in /nowhere/pin"),
            (try provider(token: "zentriq-rotation", pinFile: open), "mode 0400"),
        ] {
            let error = await #expect(throws: KeyProviderError.self, "\(words)") { try await provider.load() }
            #expect(error?.description.contains(words) == true, "\(error as Any)")
            #expect(error?.description.contains("\n") == false)
        }
        let provider = try provider()
        _ = try await provider.generateNext()
        let keys = try await KeyEncryptionKeys.load(from: provider)
        let wrapped = try await LookupKey.make(log: log, wrappedBy: keys)
        try await self.provider().destroy(version: 1)
        let error = await #expect(throws: SealingError.self) { try await keys.unwrap(wrapped, of: owner) }
        guard case .unavailable(let reason)? = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(reason == "there is no key zentriq-kek-\(log)-1 in the token")
    }
}
