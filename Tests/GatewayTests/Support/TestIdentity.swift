import Foundation
import Identity

/// The identity provider of a test: real keys, real tokens, and the service's own verification.
struct TestIdentity: Sendable {
    static let audience = "api://zentriq-test"
    static let operatorTenant = UUID()
    static let extensionClient = UUID()
    static let agentClient = UUID()
    static let backendClient = UUID()

    let issuer: DevelopmentIssuer
    let keys: LocalKeys
    let configuration = IdentityConfiguration(
        audiences: [audience], operatorTenant: operatorTenant,
        clients: [extensionClient: ["punchout"], agentClient: ["agent"]], applicationClients: [backendClient],
        issuerTemplate: DevelopmentIssuer.issuerTemplate)

    static func with<Value>(
        _ clock: ManualClock, _ body: (TestIdentity) async throws -> Value
    ) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "zentriq-issuer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let issuer = try await DevelopmentIssuer(
            keyFile: folder.appending(path: "key.pem").path, audience: audience, clock: { clock.now })
        return try await body(TestIdentity(issuer: issuer, keys: try await LocalKeys(jwks: issuer.jwks())))
    }

    func user(
        of tenant: UUID, subject: UUID = UUID(), scopes: Set<String> = ["credits"], client: UUID = extensionClient
    ) async throws -> String {
        try await issuer.userToken(tenant: tenant, subject: subject, scopes: scopes, client: client)
    }

    func application(
        _ role: String, of tenant: UUID = operatorTenant, client: UUID = backendClient
    ) async throws -> String {
        try await issuer.applicationToken(tenant: tenant, subject: UUID(), roles: [role], client: client)
    }
}
