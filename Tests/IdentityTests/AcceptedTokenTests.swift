import Identity
import Testing

@Suite struct AcceptedTokenTests {
    @Test("a person's token yields tenant, object, scopes and client")
    func user() async throws {
        let forge = try await Forge()
        let principal = try await forge.verifier(TestClock()).verify(forge.user())
        #expect(
            principal
                == .user(
                    User(
                        tenant: try uuid(Forge.customerTenant), object: try uuid(Forge.person),
                        scopes: ["credits.read", "credits.spend"], client: try uuid(Forge.extensionClient))))
    }

    @Test("a backend's token yields tenant, object, client and roles")
    func application() async throws {
        let forge = try await Forge()
        let principal = try await forge.verifier(TestClock()).verify(forge.application())
        #expect(
            principal
                == .application(
                    Application(
                        tenant: try uuid(Forge.operatorTenant), object: try uuid(Forge.backend),
                        client: try uuid(Forge.backendClient), roles: ["billing.debit"])))
    }

    @Test(
        "harmless variations are accepted",
        arguments: [
            ["aud": #"["api://zentriq"]"#],
            ["idtyp": #""user""#],
            ["roles": #"["Some.Role"]"#],
            ["oid": quoted(Forge.person.uppercased())],
            ["scp": #""one""#],
            ["iss": #""https:\/\/login.zentriq.test\/6f2c0a3e-8a65-4d0c-9d57-2f6f0c1b7a11\/v2.0""#],
            ["iat": nil],
            ["exp": "\(TestClock.startSeconds + 28 * 3_600)"],
        ] as [[String: String?]])
    func variations(changes: [String: String?]) async throws {
        let forge = try await Forge()
        let principal = try await forge.verifier(TestClock()).verify(forge.user(changes))
        guard case .user = principal else {
            Issue.record("not a user")
            return
        }
    }

    @Test("roles in a person's token give no rights")
    func userRoles() async throws {
        let forge = try await Forge()
        let verifier = try await forge.verifier(TestClock())
        let plain = try await verifier.verify(forge.user())
        let withRoles = try await verifier.verify(forge.user(["roles": #"["billing.debit"]"#]))
        #expect(plain == withRoles)
    }

    @Test(
        "times are judged with a tolerance of less than 60 seconds",
        arguments: [
            (59, 3_600, nil), (60, 3_600, nil), (61, 3_600, TokenError.notYetValid),
            (-3_600, -59, nil), (-3_600, -60, .expired), (-3_600, -61, .expired), (0, 0, nil),
        ] as [(Int64, Int64, TokenError?)])
    func tolerance(start: Int64, end: Int64, expected: TokenError?) async throws {
        let forge = try await Forge()
        let verifier = try await forge.verifier(TestClock())
        let token = try forge.user([
            "nbf": "\(TestClock.startSeconds + start)", "exp": "\(TestClock.startSeconds + end)",
        ])
        #expect(await verifier.refusal(of: token) == expected)
    }

    @Test("no e-mail address or name of a person is kept")
    func noPersonalData() async throws {
        let forge = try await Forge()
        let marker = "someone@customer.example"
        let names = ["email", "preferred_username", "upn", "unique_name", "name"]
        let token = try forge.user(Dictionary(uniqueKeysWithValues: names.map { ($0, quoted(marker)) }))
        let principal = try await forge.verifier(TestClock()).verify(token)

        var text = ""
        dump(principal, to: &text)
        #expect(!text.contains(marker))
        guard case .user(let user) = principal else {
            Issue.record("not a user")
            return
        }
        #expect(Mirror(reflecting: user).children.compactMap(\.label) == Self.userFields)
    }

    private static let userFields = ["tenant", "object", "scopes", "client", "authenticatedAt"]

    @Test(
        "when a person signed in is told, if the token tells it; not in the future, with the same tolerance",
        arguments: [
            (nil, nil), (0, nil), (-300, nil), (-TestClock.startSeconds, nil), (59, nil), (60, nil),
            (61, TokenError.notYetValid), (86_400, .notYetValid),
        ] as [(Int64?, TokenError?)])
    func authenticationTime(seconds: Int64?, expected: TokenError?) async throws {
        let forge = try await Forge()
        let verifier = try await forge.verifier(TestClock())
        let time = seconds.map { TestClock.startSeconds + $0 }
        let token = try forge.user(["auth_time": time.map { "\($0)" }])
        #expect(await verifier.refusal(of: token) == expected)
        guard expected == nil else { return }
        guard case .user(let user) = try await verifier.verify(token) else {
            Issue.record("not a user")
            return
        }
        #expect(user.authenticatedAt == time.map { $0 * 1_000_000 })
    }

    @Test("a client has the products it is configured with, an unknown client none")
    func products() throws {
        let configuration = try Forge.configuration()
        #expect(configuration.products(of: try uuid(Forge.extensionClient)) == ["punchout"])
        #expect(configuration.products(of: try uuid(Forge.backendClient)).isEmpty)
    }

    @Test("the tolerance cannot be configured beyond its limit", arguments: [(-1, 0), (0, 0), (60, 60), (61, 60)])
    func skewLimit(asked: Int64, given: Int64) throws {
        let configuration = IdentityConfiguration(
            audiences: [], operatorTenant: try uuid(Forge.operatorTenant), clients: [:], applicationClients: [],
            clockSkewSeconds: asked)
        #expect(configuration.clockSkewSeconds == given)
    }
}
