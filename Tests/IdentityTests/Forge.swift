import Foundation
import JWTKit

@testable import Identity

/// Makes tokens of every kind, good and bad. Members are JSON texts; `nil` leaves one out.
struct Forge: Sendable {
    static let audience = "api://zentriq"
    static let customerTenant = "6f2c0a3e-8a65-4d0c-9d57-2f6f0c1b7a11"
    static let operatorTenant = "0d9f3f58-1f0e-4a6e-8f43-9a5b6f0f1c22"
    static let person = "3c0f9f0b-77d4-4a40-bb0b-0d7b4b3b9c33"
    static let extensionClient = "b7a1b1a0-5f44-4a77-8a55-7b1f3a2e4d44"
    static let backendClient = "c8b2c2b1-6055-4b88-9b66-8c204b3f5e55"
    static let backend = "d9c3d3c2-7166-4c99-8c77-9d315c406f66"

    let key: TestKey

    init(_ key: TestKey? = nil) async throws {
        if let key { self.key = key } else { self.key = try await .current }
    }

    static func configuration(maximumCachedTokens: Int = 100) throws -> IdentityConfiguration {
        IdentityConfiguration(
            audiences: [audience], operatorTenant: try uuid(operatorTenant),
            clients: [try uuid(extensionClient): ["punchout"]], applicationClients: [try uuid(backendClient)],
            issuerTemplate: DevelopmentIssuer.issuerTemplate, maximumCachedTokens: maximumCachedTokens)
    }

    static func issuer(_ tenant: String) -> String {
        DevelopmentIssuer.issuerTemplate.replacing("{tenantid}", with: tenant)
    }

    func verifier(_ clock: TestClock, maximumCachedTokens: Int = 100) async throws -> TokenVerifier {
        TokenVerifier(
            configuration: try Self.configuration(maximumCachedTokens: maximumCachedTokens),
            keys: try await LocalKeys(jwks: key.jwks), clock: { clock.now })
    }

    /// A good token of a person, but for the changes.
    func user(header: [String: String?] = [:], _ changes: [String: String?] = [:]) throws -> String {
        let start = TestClock.startSeconds
        let claims: [String: String?] = [
            "ver": #""2.0""#, "aud": quoted(Self.audience), "iss": quoted(Self.issuer(Self.customerTenant)),
            "tid": quoted(Self.customerTenant), "oid": quoted(Self.person), "sub": #""pairwise""#,
            "azp": quoted(Self.extensionClient), "azpacr": #""0""#, "scp": #""credits.read credits.spend""#,
            "iat": "\(start)", "nbf": "\(start)", "exp": "\(start + 3_600)", "uti": #""abc""#,
        ]
        return try sign(header: header, claims.merging(changes) { $1 })
    }

    /// A good token of a backend, but for the changes.
    func application(_ changes: [String: String?] = [:]) throws -> String {
        let claims: [String: String?] = [
            "scp": nil, "idtyp": #""app""#, "roles": #"["billing.debit"]"#, "azp": quoted(Self.backendClient),
            "azpacr": #""1""#, "oid": quoted(Self.backend), "tid": quoted(Self.operatorTenant),
            "iss": quoted(Self.issuer(Self.operatorTenant)),
        ]
        return try user(claims.merging(changes) { $1 })
    }

    func sign(header: [String: String?], _ claims: [String: String?]) throws -> String {
        let members: [String: String?] = ["alg": #""RS256""#, "typ": #""JWT""#, "kid": quoted(key.keyID)]
        return try sign(header: object(members.merging(header) { $1 }), payload: object(claims), with: key.signer)
    }

    func sign(header: String, payload: String, with signer: any JWTAlgorithm) throws -> String {
        let input = "\(Base64URL.encode(header.utf8)).\(Base64URL.encode(payload.utf8))"
        return "\(input).\(Base64URL.encode(try signer.sign(Array(input.utf8))))"
    }

    private func object(_ members: [String: String?]) -> String {
        let texts = members.sorted { $0.key < $1.key }.compactMap { name, text in text.map { "\(quoted(name)):\($0)" } }
        return "{\(texts.joined(separator: ","))}"
    }
}

extension TokenVerifier {
    /// Why a token is refused; `nil` if it is accepted.
    func refusal(of token: String) async -> TokenError? {
        do {
            _ = try await verify(token)
            return nil
        } catch {
            return error
        }
    }
}

/// A JSON string of text that needs no escaping.
func quoted(_ text: String) -> String { "\"\(text)\"" }

func uuid(_ text: String) throws -> UUID {
    guard let value = UUID(uuidString: text) else { throw NotAnIdentifier() }
    return value
}

struct NotAnIdentifier: Error {}
