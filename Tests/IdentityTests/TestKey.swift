import Foundation
import Identity
import JWTKit

/// A key of the development issuer, opened up so that tests can sign what the issuer never would.
struct TestKey: Sendable {
    let keyID: String
    let jwks: String
    let pem: String
    /// Signs RS256.
    let signer: any JWTAlgorithm

    private static let shared = Task { try await TestKey() }
    private static let next = Task { try await TestKey() }

    /// The key tests sign with; made once.
    static var current: TestKey { get async throws { try await shared.value } }
    /// The key the issuer changes to.
    static var successor: TestKey { get async throws { try await next.value } }

    private init() async throws {
        (keyID, jwks, pem) = try await withTemporaryFolder { folder in
            let file = "\(folder)/key.pem"
            let issuer = try await DevelopmentIssuer(keyFile: file, audience: "unused", clock: { 0 })
            return (issuer.keyID, try issuer.jwks(), try String(contentsOfFile: file, encoding: .utf8))
        }
        let key = try Insecure.RSA.PrivateKey(pem: pem)
        signer = try await JWTKeyCollection().add(rsa: key, digestAlgorithm: .sha256).getKey()
    }
}
