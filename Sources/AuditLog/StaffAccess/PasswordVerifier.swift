import Crypto
import EventStore
import Foundation

/// What a server needs to check a password, and what does not tell it: SCRAM-SHA-256 (RFC 5802, RFC 7677), in the form
/// of
/// RFC 5803 that PostgreSQL keeps. Computed here, so that no statement ever holds a password.
package struct PasswordVerifier: Sendable {
    static let iterations = 4_096
    static let saltLength = 16

    package let text: String

    package init(of password: String) {
        self.init(of: password, salt: RandomBytes.system.make(Self.saltLength))
    }

    /// - Parameter password: ASCII, which SASLprep leaves as it is.
    init(of password: String, salt: [UInt8]) {
        let salted = Self.salted(password, salt)
        let client = HMAC<SHA256>.authenticationCode(for: Array("Client Key".utf8), using: salted)
        let server = HMAC<SHA256>.authenticationCode(for: Array("Server Key".utf8), using: salted)
        let stored = SHA256.hash(data: Data(client))
        func base64(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }
        text = "SCRAM-SHA-256$\(Self.iterations):\(base64(salt))$\(base64(stored)):\(base64(server))"
    }

    /// PBKDF2 with HMAC-SHA256 and one block of output: `Hi` of RFC 5802.
    private static func salted(_ password: String, _ salt: [UInt8]) -> SymmetricKey {
        let key = SymmetricKey(data: Array(password.utf8))
        var block = Array(HMAC<SHA256>.authenticationCode(for: salt + [0, 0, 0, 1], using: key))
        var result = block
        for _ in 1..<iterations {
            block = Array(HMAC<SHA256>.authenticationCode(for: block, using: key))
            for index in result.indices { result[index] ^= block[index] }
        }
        return SymmetricKey(data: result)
    }
}
