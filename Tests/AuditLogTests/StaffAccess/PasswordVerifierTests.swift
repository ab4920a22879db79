import Crypto
import Foundation
import Testing

@testable import AuditLog

@Suite("A password's verifier")
struct PasswordVerifierTests {
    /// RFC 7677, section 3: user, pencil.
    @Test("is the one that the exchange of RFC 7677 was made with")
    func vector() throws {
        let salt = try #require(Data(base64Encoded: "W22ZaJ0SNY7soEsUEjb6gQ=="))
        let parts = PasswordVerifier(of: "pencil", salt: Array(salt)).text.split(separator: "$")
        #expect(parts[0] == "SCRAM-SHA-256" && parts[1] == "4096:W22ZaJ0SNY7soEsUEjb6gQ==")
        let keys = parts[2].split(separator: ":").compactMap { Data(base64Encoded: String($0)) }
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
        let message = Data(
            "n=user,r=rOprNGfwEbeRWgbNEkqO,r=\(nonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=\(nonce)".utf8)
        let signature = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: keys[1]))
        #expect(Data(signature).base64EncodedString() == "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        // The client proves that it has the key which hashes to the stored one.
        let proof = try #require(Data(base64Encoded: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="))
        let shared = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: keys[0]))
        #expect(Data(SHA256.hash(data: Data(zip(proof, shared).map { $0 ^ $1 }))) == keys[0])
    }
}
