import Crypto
import Foundation

@testable import Sealing

/// What the tests seal: everything in it is fixed, so that the bytes are those that Python's cryptography gives.
enum Sample {
    static let log = "log.example.com/main"
    static let tenant = uuid("11111111-1111-4111-8111-111111111111")
    static let subject = uuid("22222222-2222-4222-8222-222222222222")
    static let keyID = uuid("33333333-3333-4333-8333-333333333333")
    static let event = uuid("44444444-4444-4444-8444-444444444444")
    static let object = uuid("55555555-5555-4555-8555-555555555555")
    static let nonce = Array(UInt8(0)..<12)
    static let salt = [UInt8](repeating: 0x55, count: 32)
    static let data = Array(#"{"a":1}"#.utf8)
    static let owner = KeyOwner.subject(log: log, tenant: tenant, subject: subject, key: keyID)

    static let secret = SymmetricKey(data: Array(UInt8(0)..<32))
    static var key: SubjectKey { key(secret) }

    static func key(
        _ secret: SymmetricKey, log: String = log, tenant: UUID = tenant, subject: UUID = subject, id: UUID = keyID
    ) -> SubjectKey {
        SubjectKey(secret, log: log, tenant: tenant, subject: subject, id: id)
    }

    /// Version 7, whose bytes are 100, 101, 102…
    static func kek(_ version: Int32 = 7, first: UInt8 = 100) throws -> KeyEncryptionKey {
        let text = Data((0..<32).map { first &+ $0 }).base64EncodedString()
        guard let key = KeyEncryptionKey(version: version, parsing: text) else { throw SealingError.malformed }
        return key
    }

    static func keks(_ keys: KeyEncryptionKey...) throws -> KeyEncryptionKeys {
        guard let keys = KeyEncryptionKeys(keys) else { throw SealingError.malformed }
        return keys
    }

    static func envelope(_ key: SubjectKey = key, event: UUID = event) -> [UInt8] {
        key.seal(salt: salt, data: data, event: event, nonce: nonce)
    }

    private static func uuid(_ text: String) -> UUID { UUID(uuidString: text) ?? UUID() }
}

extension SubjectKey {
    func open(_ envelope: [UInt8], event: UUID = Sample.event) throws -> (salt: [UInt8], data: [UInt8]) {
        try envelope.withUnsafeBytes { try open($0, event: event) }
    }
}

extension [UInt8] {
    var hex: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    init(hex: String) {
        let digits = [Character](hex)
        self = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }
}
