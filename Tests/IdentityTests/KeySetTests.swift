import Testing

@testable import Identity

@Suite struct KeySetTests {
    /// A modulus that long; whether it is a product of two primes nobody can see.
    private static func modulus(bits: Int) -> String {
        Base64URL.encode([UInt8](repeating: 0xC5, count: bits / 8))
    }

    private static func jwk(_ changes: [String: String?] = [:]) -> String {
        let members: [String: String?] = [
            "kty": #""RSA""#, "use": #""sig""#, "kid": #""k""#, "n": quoted(modulus(bits: 2_048)), "e": #""AQAB""#,
        ]
        let texts = members.merging(changes) { $1 }.compactMap { name, text in text.map { "\(quoted(name)):\($0)" } }
        return "{\(texts.joined(separator: ","))}"
    }

    private static func set(_ keys: [String]) -> [UInt8] {
        Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)
    }

    @Test("a set of Entra's shape is read")
    func read() async throws {
        let jwk = Self.jwk([
            "x5t": #""k""#, "x5c": #"["AAAA"]"#, "cloud_instance_name": #""microsoftonline.com""#,
            "issuer": quoted(IdentityConfiguration.entraIssuerTemplate),
        ])
        let keys = try await KeySet(jwks: Self.set([jwk, Self.jwk(["kid": #""l""#])]))
        #expect(keys.keyIDs == ["k", "l"])
        #expect(keys["k"]?.issuer == IdentityConfiguration.entraIssuerTemplate)
        #expect(keys["l"]?.issuer == nil)
        #expect(keys["m"] == nil)
    }

    @Test(
        "a key that cannot sign our tokens is left out",
        arguments: [
            ["kty": #""EC""#], ["kty": nil], ["use": #""enc""#], ["use": nil], ["alg": #""RS512""#], ["kid": nil],
            ["kid": #""""#], ["kid": "1"], ["n": nil], ["e": nil], ["n": #""***""#], ["n": #""""#], ["e": #""AA""#],
            ["n": quoted(modulus(bits: 1_024))], ["n": quoted(modulus(bits: 2_040))], ["issuer": "7"],
        ] as [[String: String?]])
    func leftOut(changes: [String: String?]) async throws {
        await #expect(throws: KeySetError.noUsableKey) { try await KeySet(jwks: Self.set([Self.jwk(changes)])) }
        let other = Self.jwk(["kid": #""good""#])
        let keys = try await KeySet(jwks: Self.set([Self.jwk(changes), other, "null"]))
        #expect(keys.keyIDs == ["good"])
    }

    @Test(
        "a document that is no key set is refused",
        arguments: [
            "", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#, "{\"keys\":[\(jwk()),\(jwk())]}",
            "{\"keys\":[\(jwk())]} x",
        ])
    func malformed(text: String) async throws {
        await #expect(throws: KeySetError.malformed) { try await KeySet(jwks: Array(text.utf8)) }
    }

    @Test("limits on size and number hold")
    func limits() async throws {
        let keys = (0..<65).map { Self.jwk(["kid": "\"\($0)\""]) }
        #expect(try await KeySet(jwks: Self.set(Array(keys.prefix(64)))).keyIDs.count == 64)
        await #expect(throws: KeySetError.tooLarge) { try await KeySet(jwks: Self.set(keys)) }
        let spaces = [UInt8](repeating: 0x20, count: IdentityLimits.keySetBytes)
        await #expect(throws: KeySetError.tooLarge) { try await KeySet(jwks: Self.set([Self.jwk()]) + spaces) }
    }

    @Test(
        "a key published for another issuer does not verify the token",
        arguments: [
            (Forge.issuer(Forge.customerTenant), nil), (DevelopmentIssuer.issuerTemplate, nil),
            (Forge.issuer(Forge.operatorTenant), .wrongKeyIssuer),
            (IdentityConfiguration.entraIssuerTemplate, .wrongKeyIssuer), ("", .wrongKeyIssuer),
        ] as [(String, TokenError?)])
    func keyIssuer(issuer: String, expected: TokenError?) async throws {
        let forge = try await Forge()
        let jwks = forge.key.jwks.replacing(DevelopmentIssuer.issuerTemplate, with: issuer)
        let verifier = TokenVerifier(
            configuration: try Forge.configuration(), keys: try await LocalKeys(jwks: jwks),
            clock: { TestClock.startSeconds * 1_000_000 })
        #expect(await verifier.refusal(of: try forge.user()) == expected)
    }
}
