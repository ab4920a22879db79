import Crypto
import Foundation

/// A version of the key that other keys are wrapped with. Lives outside of the database, and never leaves the process.
package struct KeyEncryptionKey: WrappingKey {
    package static let byteCount = 32

    package let version: Int32
    private let key: SymmetricKey

    package init(randomWithVersion version: Int32) {
        precondition(version > 0, "versions begin with 1")
        self.version = version
        key = SymmetricKey(size: .bits256)
    }

    /// Reads what ``text`` wrote: 32 bytes in Base64, with or without a line feed behind them.
    package init?(version: Int32, parsing text: String) {
        let line = text.hasSuffix("\n") ? String(text.dropLast()) : text
        guard version > 0, let bytes = Data(base64Encoded: line), bytes.count == Self.byteCount,
            bytes.base64EncodedString() == line
        else { return nil }
        self.version = version
        key = SymmetricKey(data: bytes)
    }

    /// The key itself, for its file.
    package var text: String { key.withUnsafeBytes { Data($0).base64EncodedString() } }

    /// The first 8 bytes of a hash.
    package var fingerprint: String {
        var hash = SHA256()
        hash.update(data: Array("zentriq-key-encryption-key/v1\n".utf8))
        key.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return Hex.encode(hash.finalize().prefix(8))
    }

    package func seal(_ plain: [UInt8], binding: [UInt8]) -> [UInt8] {
        guard let box = try? AES.GCM.seal(plain, using: key, authenticating: binding), let sealed = box.combined else {
            preconditionFailure("a key of 256 bits and a nonce of 96 seal whatever there is")
        }
        return Array(sealed)
    }

    package func open(_ sealed: [UInt8], binding: [UInt8]) throws(SealingError) -> [UInt8] {
        guard let box = try? AES.GCM.SealedBox(combined: sealed) else { throw .malformed }
        guard let plain = try? AES.GCM.open(box, using: key, authenticating: binding) else { throw .notAuthentic }
        return Array(plain)
    }
}

extension KeyEncryptionKey: CustomStringConvertible, CustomReflectable {
    /// Never the key.
    package var description: String { "KeyEncryptionKey(version \(version))" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
