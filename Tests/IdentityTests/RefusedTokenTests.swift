import Foundation
import Identity
import JWTKit
import Testing

/// One way a token can be bad.
struct BadToken: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let error: TokenError
    let make: @Sendable (Forge) async throws -> String

    init(_ name: String, _ error: TokenError, _ make: @escaping @Sendable (Forge) async throws -> String) {
        self.testDescription = name
        self.error = error
        self.make = make
    }

    static func user(_ name: String, _ error: TokenError, _ changes: [String: String?]) -> BadToken {
        BadToken(name, error) { try $0.user(changes) }
    }

    static func application(_ name: String, _ error: TokenError, _ changes: [String: String?]) -> BadToken {
        BadToken(name, error) { try $0.application(changes) }
    }

    static func header(_ name: String, _ error: TokenError, _ changes: [String: String?]) -> BadToken {
        BadToken(name, error) { try $0.user(header: changes) }
    }

    static func text(_ name: String, _ text: String) -> BadToken {
        BadToken(name, .malformed) { _ in text }
    }
}

@Suite("Refused tokens") struct RefusedTokenTests {
    @Test("a bad token is refused with its reason", arguments: form + algorithm + signature + claims + kind)
    func refused(bad: BadToken) async throws {
        let forge = try await Forge()
        let verifier = try await forge.verifier(TestClock())
        let token = try await bad.make(forge)
        await #expect(throws: bad.error) { try await verifier.verify(token) }
        #expect(verifier.cached(token) == nil)
        #expect(verifier.cachedCount == 0)
    }

    static let form: [BadToken] = [
        .text("empty", ""), .text("garbage", "not a token"), .text("two dots only", ".."),
        .text("one dot", "e30.e30"), .text("four parts", "e30.e30.e30.e30"), .text("not ASCII", "é.é.é"),
        BadToken("oversize", .malformed) { try $0.user(["pad": quoted(String(repeating: "x", count: 8_192))]) },
        BadToken("trailing newline", .malformed) { try $0.user() + "\n" },
        BadToken("leading space", .malformed) { " " + (try $0.user()) },
        BadToken("padded base64", .malformed) { try $0.user() + "==" },
        BadToken("no signature", .malformed) { token in
            try String(token.user().split(separator: ".").prefix(2).joined(separator: ".") + ".")
        },
        BadToken("header not an object", .malformed) {
            try $0.sign(header: "[]", payload: "{}", with: $0.key.signer)
        },
        BadToken("duplicate name in the header", .malformed) {
            let header = #"{"alg":"RS256","kid":"\#($0.key.keyID)","kid":"\#($0.key.keyID)"}"#
            return try $0.sign(header: header, payload: "{}", with: $0.key.signer)
        },
        BadToken("duplicate name in the payload", .malformed) {
            let header = #"{"alg":"RS256","kid":"\#($0.key.keyID)"}"#
            return try $0.sign(header: header, payload: #"{"ver":"2.0","ver":"2.0"}"#, with: $0.key.signer)
        },
        BadToken("payload not JSON", .malformed) {
            let header = #"{"alg":"RS256","kid":"\#($0.key.keyID)"}"#
            return try $0.sign(header: header, payload: "hello", with: $0.key.signer)
        },
        .header("critical header", .malformed, ["crit": #"["b64"]"#, "b64": "false"]),
        .header("empty critical header", .malformed, ["crit": "[]"]),
    ]

    static let algorithm: [BadToken] = [
        .header("alg none", .notRS256, ["alg": #""none""#]),
        BadToken("alg none, unsigned", .notRS256) {
            let parts = try $0.user(header: ["alg": #""none""#]).split(separator: ".")
            return "\(parts[0]).\(parts[1])."
        },
        .header("alg in the wrong case", .notRS256, ["alg": #""rs256""#]),
        .header("no alg", .notRS256, ["alg": nil]), .header("alg null", .notRS256, ["alg": "null"]),
        .header("RS512", .notRS256, ["alg": #""RS512""#]),
        BadToken("HS256 with the public key as secret", .notRS256) { forge in
            let secret = HMACKey(from: try Insecure.RSA.PrivateKey(pem: forge.key.pem).publicKey.pemRepresentation)
            let signer = try await JWTKeyCollection().add(hmac: secret, digestAlgorithm: .sha256).getKey()
            let header = #"{"alg":"HS256","kid":"\#(forge.key.keyID)"}"#
            return try forge.sign(header: header, payload: "{}", with: signer)
        },
        BadToken("PS256 with the right key", .notRS256) { forge in
            let key = try Insecure.RSA.PrivateKey(pem: forge.key.pem)
            let signer = try await JWTKeyCollection().add(pss: key, digestAlgorithm: .sha256).getKey()
            let header = #"{"alg":"PS256","kid":"\#(forge.key.keyID)"}"#
            return try forge.sign(header: header, payload: "{}", with: signer)
        },
    ]

    static let signature: [BadToken] = [
        .header("no kid", .missingKeyID, ["kid": nil]), .header("empty kid", .missingKeyID, ["kid": #""""#]),
        .header("kid not a string", .missingKeyID, ["kid": "1"]),
        .header("kid too long", .missingKeyID, ["kid": quoted(String(repeating: "k", count: 257))]),
        .header("unknown kid", .unknownKey, ["kid": #""other""#]),
        BadToken("tampered payload", .badSignature) { forge in
            let good = try forge.user().split(separator: ".")
            let other = try forge.user(["oid": quoted(Forge.backend)]).split(separator: ".")
            return "\(good[0]).\(other[1]).\(good[2])"
        },
        BadToken("tampered signature", .badSignature) { forge in
            let good = try forge.user().split(separator: ".")
            let other = try forge.user(["oid": quoted(Forge.backend)]).split(separator: ".")
            return "\(good[0]).\(good[1]).\(other[2])"
        },
        BadToken("signature cut short", .badSignature) { String(try $0.user().dropLast(6)) },
        BadToken("signed by another key under our kid", .badSignature) { forge in
            let other = try await Forge(.successor)
            return try other.user(header: ["kid": quoted(forge.key.keyID)])
        },
        BadToken("PSS signature called RS256", .badSignature) { forge in
            let key = try Insecure.RSA.PrivateKey(pem: forge.key.pem)
            let signer = try await JWTKeyCollection().add(pss: key, digestAlgorithm: .sha256).getKey()
            let header = #"{"alg":"RS256","kid":"\#(forge.key.keyID)"}"#
            return try forge.sign(header: header, payload: "{}", with: signer)
        },
    ]

    static let claims: [BadToken] = [
        .user("wrong aud", .wrongAudience, ["aud": #""api://other""#]),
        .user("aud with two", .wrongAudience, ["aud": #"["api://zentriq","api://other"]"#]),
        .user("empty aud", .wrongAudience, ["aud": "[]"]), .user("no aud", .missingClaim("aud"), ["aud": nil]),
        .user("aud a number", .missingClaim("aud"), ["aud": "7"]),
        .user("wrong iss", .wrongIssuer, ["iss": #""https://sts.windows.net/x/""#]),
        .user("iss of another tenant", .wrongIssuer, ["iss": quoted(Forge.issuer(Forge.operatorTenant))]),
        .user("iss is the template", .wrongIssuer, ["iss": quoted(DevelopmentIssuer.issuerTemplate)]),
        .user("iss with a slash more", .wrongIssuer, ["iss": quoted(Forge.issuer(Forge.customerTenant) + "/")]),
        .user("no iss", .missingClaim("iss"), ["iss": nil]),
        .user("no tid", .missingClaim("tid"), ["tid": nil]),
        .user("tid not a UUID", .missingClaim("tid"), ["tid": #""common""#]),
        .user("no oid", .missingClaim("oid"), ["oid": nil]),
        .user("oid not a UUID", .missingClaim("oid"), ["oid": #""someone@customer.example""#]),
        .user("no azp", .missingClaim("azp"), ["azp": nil]),
        .user("azp not on the list", .clientNotAllowed, ["azp": quoted(Forge.person)]),
        .user("azp of a backend", .clientNotAllowed, ["azp": quoted(Forge.backendClient)]),
        .user("expired by 61 seconds", .expired, expiry(ago: 61)),
        .user("no exp", .missingClaim("exp"), ["exp": nil]),
        .user("exp a text", .missingClaim("exp"), ["exp": #""1800003600""#]),
        .user("exp a fraction", .missingClaim("exp"), ["exp": "1800003600.5"]),
        .user("exp beyond all dates", .missingClaim("exp"), ["exp": "9223372036854775807"]),
        .user("nbf in the future", .notYetValid, ["nbf": "\(TestClock.startSeconds + 61)"]),
        .user("no nbf", .missingClaim("nbf"), ["nbf": nil]),
        .user("nbf negative", .missingClaim("nbf"), ["nbf": "-1"]),
        .user("valid for too long", .lifetimeTooLong, ["exp": "\(TestClock.startSeconds + 29 * 3_600 + 1)"]),
        .user("auth_time a text", .missingClaim("auth_time"), ["auth_time": quoted("\(TestClock.startSeconds)")]),
        .user("auth_time a fraction", .missingClaim("auth_time"), ["auth_time": "\(TestClock.startSeconds).5"]),
        .user("auth_time null", .missingClaim("auth_time"), ["auth_time": "null"]),
        .user("auth_time negative", .missingClaim("auth_time"), ["auth_time": "-1"]),
        .user("auth_time beyond all dates", .missingClaim("auth_time"), ["auth_time": "9223372036854775807"]),
        .user("auth_time in the future", .notYetValid, ["auth_time": "\(TestClock.startSeconds + 61)"]),
        .user("ends before it starts", .lifetimeTooLong, ["exp": "\(TestClock.startSeconds - 1)"]),
    ]

    static let kind: [BadToken] = [
        .user("ID token", .notAnAccessToken, ["scp": nil, "azp": nil, "nonce": #""n""#]),
        .user("ID token without nonce", .notAnAccessToken, ["scp": nil, "azp": nil]),
        .user("nonce beside scp", .notAnAccessToken, ["nonce": #""n""#]),
        .user("v1 token", .notAnAccessToken, ["ver": #""1.0""#]), .user("no ver", .notAnAccessToken, ["ver": nil]),
        .user("ver a number", .notAnAccessToken, ["ver": "2"]),
        .user("scp a list", .notAnAccessToken, ["scp": #"["credits.read"]"#]),
        .user("scp blank", .missingClaim("scp"), ["scp": #"" ""#]),
        .user("unknown idtyp", .notAnAccessToken, ["idtyp": #""device""#]),
        .application("application without idtyp", .notAnAccessToken, ["idtyp": nil]),
        .application("application with scp", .notAnAccessToken, ["scp": #""credits.read""#]),
        .application("application without roles", .missingClaim("roles"), ["roles": nil]),
        .application("application with no role in roles", .missingClaim("roles"), ["roles": "[]"]),
        .application("roles a text", .missingClaim("roles"), ["roles": #""billing.debit""#]),
        .application("roles of numbers", .missingClaim("roles"), ["roles": "[1]"]),
        .application("application not on the list", .clientNotAllowed, ["azp": quoted(Forge.extensionClient)]),
        .application(
            "application of a customer tenant", .foreignApplication,
            ["tid": quoted(Forge.customerTenant), "iss": quoted(Forge.issuer(Forge.customerTenant))]),
    ]

    private static func expiry(ago seconds: Int64) -> [String: String?] {
        ["nbf": "\(TestClock.startSeconds - 3_600)", "exp": "\(TestClock.startSeconds - seconds)"]
    }

    @Test("no token survives the change of one character")
    func mutations() async throws {
        let seed = ProcessInfo.processInfo.environment["ZENTRIQ_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let forge = try await Forge()
        let verifier = try await forge.verifier(TestClock())
        let token = Array(try forge.user().utf8)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ".utf8)
        for _ in 0..<500 {
            var mutated = token
            let index = Int.random(in: 0..<token.count, using: &random)
            mutated[index] = alphabet.filter { $0 != token[index] }.randomElement(using: &random) ?? 0
            let text = String(decoding: mutated, as: UTF8.self)
            await #expect(throws: TokenError.self, "seed \(seed), index \(index)") { try await verifier.verify(text) }
        }
    }

    @Test("only a refusal of someone we know is 403")
    func statuses() {
        #expect(!TokenError.clientNotAllowed.isAuthentication)
        #expect(!TokenError.foreignApplication.isAuthentication)
        #expect(TokenError.expired.isAuthentication)
        #expect(TokenError.missingClaim("oid").isAuthentication)
        #expect(TokenError.keysUnavailable.isTemporary)
        #expect(!TokenError.unknownKey.isTemporary)
        #expect("\(TokenError.missingClaim("oid"))" == "missing_claim_oid")
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
