import Crypto
import CryptoExtras
package import Foundation
import JWTKit
import SecretFiles

/// Issues access tokens of Entra's shape for development and tests, under an issuer of its own that no production
/// configuration names. It has no sign-in: whoever can read its key file is whoever they like.
package struct DevelopmentIssuer: Sendable {
    package static let issuerTemplate = "https://login.zentriq.test/{tenantid}/v2.0"
    package static let defaultLifetimeSeconds: Int64 = 3_600

    /// RFC 7638 thumbprint of the key.
    package let keyID: String
    private let audience: String
    private let clock: @Sendable () -> Int64
    private let publicKey: PublishedKey
    private let signer: JWTKeyCollection

    /// Reads the key from the file, or makes it once and keeps it there with mode 0400.
    ///
    /// - Parameters:
    ///   - audience: `aud` of every token.
    ///   - clock: microseconds since 1970, UTC.
    /// - Throws: ``SecretFileError`` if others can read the file, or it holds no RSA key of 2048 bits or more.
    package init(keyFile: String, audience: String, clock: @escaping @Sendable () -> Int64) async throws {
        let key = try Self.key(in: keyFile)
        let numbers = try key.publicKey.getKeyPrimitives()
        self.publicKey = PublishedKey(modulus: numbers.modulus, exponent: numbers.publicExponent)
        self.keyID = publicKey.kid
        self.audience = audience
        self.clock = clock
        self.signer = JWTKeyCollection()
        await signer.add(rsa: key, digestAlgorithm: .sha256, kid: JWKIdentifier(string: publicKey.kid))
    }

    /// The JWK Set a verifier needs.
    package func jwks() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(["keys": [publicKey]]), as: UTF8.self)
    }

    /// A token for a person.
    ///
    /// - Parameter authenticatedAgoSeconds: how long ago they signed in; nil leaves `auth_time` out.
    package func userToken(
        tenant: UUID, subject: UUID, scopes: Set<String>, client: UUID,
        lifetimeSeconds: Int64 = Self.defaultLifetimeSeconds, authenticatedAgoSeconds: Int64? = 0
    ) async throws -> String {
        var claims = claims(tenant: tenant, subject: subject, client: client, azpacr: "0", lifetimeSeconds)
        claims.scp = scopes.sorted().joined(separator: " ")
        claims.authTime = authenticatedAgoSeconds.map { claims.iat - $0 }
        return try await sign(claims)
    }

    /// A token for a backend acting as itself.
    package func applicationToken(
        tenant: UUID, subject: UUID, roles: Set<String>, client: UUID,
        lifetimeSeconds: Int64 = Self.defaultLifetimeSeconds
    ) async throws -> String {
        var claims = claims(tenant: tenant, subject: subject, client: client, azpacr: "1", lifetimeSeconds)
        claims.idtyp = "app"
        claims.roles = roles.sorted()
        return try await sign(claims)
    }

    private func claims(
        tenant: UUID, subject: UUID, client: UUID, azpacr: String, _ lifetimeSeconds: Int64
    ) -> DevelopmentClaims {
        let now = clock() / 1_000_000
        let tenant = tenant.uuidString.lowercased()
        let subject = subject.uuidString.lowercased()
        return DevelopmentClaims(
            azpacr: azpacr, aud: audience,
            iss: Self.issuerTemplate.replacingOccurrences(
                of: IdentityConfiguration.tenantPlaceholder, with: tenant),
            tid: tenant, oid: subject, sub: subject, azp: client.uuidString.lowercased(),
            uti: UUID().uuidString.lowercased(), iat: now, nbf: now, exp: now + lifetimeSeconds)
    }

    private func sign(_ claims: DevelopmentClaims) async throws -> String {
        try await signer.sign(claims, kid: JWKIdentifier(string: keyID))
    }

    private static func key(in file: String) throws -> JWTKit.Insecure.RSA.PrivateKey {
        if let pem = try SecretFile.read(file) { return try parse(pem) }
        try SecretFile.create(file, _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation)
        // Read back: another process may have been first.
        guard let pem = try SecretFile.read(file) else { throw SecretFileError.malformed }
        return try parse(pem)
    }

    private static func parse(_ pem: String) throws(SecretFileError) -> JWTKit.Insecure.RSA.PrivateKey {
        guard let key = try? JWTKit.Insecure.RSA.PrivateKey(pem: pem) else { throw .malformed }
        return key
    }
}

/// The public half as a JWK, with the issuer it is published for.
private struct PublishedKey: Encodable {
    let kty = "RSA"
    let use = "sig"
    let kid: String
    let n: String
    let e: String
    let issuer = DevelopmentIssuer.issuerTemplate

    init(modulus: Data, exponent: Data) {
        self.n = Base64URL.encode(modulus)
        self.e = Base64URL.encode(exponent)
        let digest = SHA256.hash(data: Data(#"{"e":"\#(e)","kty":"RSA","n":"\#(n)"}"#.utf8))
        self.kid = Base64URL.encode(Array(digest))
    }
}
