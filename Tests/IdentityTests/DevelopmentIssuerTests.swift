import Foundation
import Identity
import SecretFiles
import Testing

@Suite struct DevelopmentIssuerTests {
    private let clock = TestClock()

    private func issuer(_ file: String) async throws -> DevelopmentIssuer {
        try await DevelopmentIssuer(keyFile: file, audience: Forge.audience, clock: { [clock] in clock.now })
    }

    @Test("its tokens are accepted with its own keys, and for what they were asked to say")
    func tokens() async throws {
        try await withTemporaryFolder { folder in
            let issuer = try await issuer("\(folder)/key.pem")
            let verifier = TokenVerifier(
                configuration: try Forge.configuration(), keys: try await LocalKeys(jwks: issuer.jwks()),
                clock: { [clock] in clock.now })

            let person = try uuid(Forge.person)
            let user = try await issuer.userToken(
                tenant: try uuid(Forge.customerTenant), subject: person, scopes: ["b", "a"],
                client: try uuid(Forge.extensionClient))
            let expected = User(
                tenant: try uuid(Forge.customerTenant), object: person, scopes: ["a", "b"],
                client: try uuid(Forge.extensionClient), authenticatedAt: clock.now)
            #expect(try await verifier.verify(user) == .user(expected))

            let signedIn: [(ago: Int64?, time: Int64?)] = [
                (300, clock.now - 300_000_000), (-30, clock.now + 30_000_000), (nil, nil),
            ]
            for (ago, time) in signedIn {
                let user = try await issuer.userToken(
                    tenant: try uuid(Forge.customerTenant), subject: person, scopes: ["a"],
                    client: try uuid(Forge.extensionClient), authenticatedAgoSeconds: ago)
                guard case .user(let user) = try await verifier.verify(user) else {
                    Issue.record("not a user")
                    return
                }
                #expect(user.authenticatedAt == time)
            }

            let application = try await issuer.applicationToken(
                tenant: try uuid(Forge.operatorTenant), subject: try uuid(Forge.backend), roles: ["r"],
                client: try uuid(Forge.backendClient), lifetimeSeconds: 60)
            guard case .application(let backend) = try await verifier.verify(application) else {
                Issue.record("not an application")
                return
            }
            #expect(backend.roles == ["r"])

            clock.advance(seconds: 119)
            _ = try await verifier.verify(application)
            clock.advance(seconds: 1)
            await #expect(throws: TokenError.expired) { try await verifier.verify(application) }
        }
    }

    @Test("its tokens are not accepted where Entra is the issuer")
    func notEntra() async throws {
        let forge = try await Forge()
        let configuration = IdentityConfiguration(
            audiences: [Forge.audience], operatorTenant: try uuid(Forge.operatorTenant),
            clients: [try uuid(Forge.extensionClient): []], applicationClients: [])
        let verifier = TokenVerifier(
            configuration: configuration, keys: try await LocalKeys(jwks: forge.key.jwks),
            clock: { TestClock.startSeconds * 1_000_000 })
        await #expect(throws: TokenError.wrongIssuer) { try await verifier.verify(forge.user()) }
    }

    @Test("the key is made once and its file is for the owner alone")
    func keyFile() async throws {
        try await withTemporaryFolder { folder in
            let file = "\(folder)/key.pem"
            let first = try await issuer(file)
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o400)
            #expect(try await issuer(file).keyID == first.keyID)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["key.pem"])
        }
    }

    @Test("issuers that start together agree on one key")
    func race() async throws {
        try await withTemporaryFolder { folder in
            let keyIDs = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<4 { group.addTask { try await issuer("\(folder)/key.pem").keyID } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(keyIDs.count == 1)
        }
    }

    @Test("a key file that others have any right to is refused", arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o644])
    func openFile(mode: Int) async throws {
        try await withTemporaryFolder { folder in
            let file = "\(folder)/key.pem"
            try await TestKey.current.pem.write(toFile: file, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
            await #expect(throws: SecretFileError.notPrivate) { try await issuer(file) }
        }
    }

    @Test("a link, a folder, or a file that holds no key is refused and left alone")
    func badFiles() async throws {
        try await withTemporaryFolder { folder in
            let text = "\(folder)/text.pem"
            try Data("no key".utf8).write(to: URL(filePath: text))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: text)
            await #expect(throws: SecretFileError.malformed) { try await issuer(text) }
            #expect(try String(contentsOfFile: text, encoding: .utf8) == "no key")

            let link = "\(folder)/link.pem"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: text)
            await #expect(throws: SecretFileError.system(ELOOP)) { try await issuer(link) }
            await #expect(throws: SecretFileError.notPrivate) { try await issuer(folder) }
            await #expect(throws: SecretFileError.system(ENOENT)) { try await issuer("\(folder)/no/key.pem") }
        }
    }
}
