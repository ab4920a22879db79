package import Crypto
import Foundation
import JWTKit

/// One published RSA key that may sign tokens.
package struct SigningKey: Sendable {
    package let keyID: String
    /// The issuer the key is published for, possibly a template; `nil` if the publisher does not say.
    package let issuer: String?
    /// SHA-256 over the public numbers: tells apart two keys that share an identifier.
    package let thumbprint: SHA256Digest
    private let algorithm: any JWTAlgorithm

    /// - Returns: `nil` if the JWK (RFC 7517) is not an RSA key of at least 2048 bits meant for RS256 signatures.
    init?(jwk: [String: StrictJSON]) async {
        guard jwk["kty"] == .string("RSA"), jwk["use"] == .string("sig"),
            jwk["alg"] == nil || jwk["alg"] == .string("RS256"),
            let keyID = jwk["kid"]?.text, !keyID.isEmpty, keyID.utf8.count <= IdentityLimits.keyIDBytes,
            let modulus = jwk["n"]?.text, let exponent = jwk["e"]?.text,
            Base64URL.decode(modulus.utf8) != nil, Base64URL.decode(exponent.utf8) != nil,
            // Refuses fewer than 2048 bits, and numbers that are no RSA key.
            let key = try? JWTKit.Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent)
        else { return nil }
        switch jwk["issuer"] {
        case nil: self.issuer = nil
        case .string(let issuer)?: self.issuer = issuer
        default: return nil
        }
        // A collection of one: it cannot choose another key, whatever a token's header says.
        guard let algorithm = try? await JWTKeyCollection().add(rsa: key, digestAlgorithm: .sha256).getKey() else {
            return nil
        }
        self.keyID = keyID
        self.thumbprint = SHA256.hash(data: Data("\(modulus).\(exponent)".utf8))
        self.algorithm = algorithm
    }

    /// Whether this key made the RS256 signature.
    func verifies(_ signature: [UInt8], of bytes: ArraySlice<UInt8>) -> Bool {
        (try? algorithm.verify(signature, signs: bytes)) ?? false
    }
}
