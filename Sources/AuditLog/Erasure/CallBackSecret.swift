import Crypto
import Foundation
package import SecretFiles

/// What the service and the owner of one call-back sign their messages with (HMAC-SHA256).
package struct CallBackSecret: Sendable {
    /// A key shorter than the hash is weaker than it (RFC 2104, section 3).
    package static let minimumByteCount = 32

    let key: SymmetricKey

    /// - Throws: ``SecretFileError/malformed`` if it is too short.
    package init(_ bytes: some Collection<UInt8>) throws(SecretFileError) {
        guard bytes.count >= Self.minimumByteCount else { throw .malformed }
        key = SymmetricKey(data: Array(bytes))
    }

    /// Reads a file that nobody else has a right to: the bytes of its text, without the line feed at its end.
    ///
    /// - Throws: `ENOENT` if there is none, ``SecretFileError/malformed`` if it is too short or no UTF-8.
    package init(file path: String) throws(SecretFileError) {
        guard var text = try SecretFile.read(path)?.utf8[...] else { throw .system(ENOENT) }
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        try self.init(text)
    }
}

extension CallBackSecret: CustomStringConvertible, CustomReflectable {
    package var description: String { "CallBackSecret" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
