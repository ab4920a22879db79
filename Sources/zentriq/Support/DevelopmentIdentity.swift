import EventStore
import Foundation
import Gateway
import Identity

/// The identity provider of development: real keys and real tokens, checked by the same code, but made here. Nothing
/// of it can be had in production mode.
enum DevelopmentIdentity {
    static let origin = "log.zentriq.test/main"
    static let audience = "api://zentriq-development"
    static let operatorTenant = uuid("0e0e0e0e-0000-4000-8000-00000000000e")
    /// The browser extension, the agent, and the operator's backends.
    static let extensionClient = uuid("c0000000-0000-4000-8000-000000000001")
    static let agentClient = uuid("c0000000-0000-4000-8000-000000000002")
    static let backendClient = uuid("c0000000-0000-4000-8000-000000000003")
    static let backendSubject = uuid("b0000000-0000-4000-8000-000000000001")

    /// The person that ops/up makes a token for.
    static let demoSubject = uuid("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa")

    static let configuration = IdentityConfiguration(
        audiences: [audience], operatorTenant: operatorTenant,
        clients: [extensionClient: ["punchout"], agentClient: ["agent"]], applicationClients: [backendClient],
        issuerTemplate: DevelopmentIssuer.issuerTemplate)

    /// The issuer, with its key in the data folder.
    static func issuer() async throws -> DevelopmentIssuer {
        guard !Environment.isProduction else {
            throw Settings.Failure(description: "ZENTRIQ_MODE is production: there is no development identity in it")
        }
        let folder = try Environment.settings.string("DATA_DIRECTORY", default: ".zentriq")
        return try await DevelopmentIssuer(
            keyFile: folder + "/development-issuer.pem", audience: audience,
            clock: { WallClock.system.now().microseconds })
    }

    private static func uuid(_ text: String) -> UUID {
        guard let uuid = UUID(uuidString: text) else { preconditionFailure("\(text) is no UUID") }
        return uuid
    }
}
