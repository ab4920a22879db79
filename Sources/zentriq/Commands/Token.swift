import ArgumentParser
import Foundation
import Identity

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a development token, alone on standard output.",
        discussion: """
            For a user:           zentriq token --tenant UUID --subject UUID --scope credits [--product punchout]
            For an application:   zentriq token --role billing
            """)

    enum Product: String, ExpressibleByArgument, CaseIterable {
        case punchout, agent
    }

    @Option(help: "The user's tenant.", transform: uuidArgument) var tenant: UUID?
    @Option(help: "The user's object identifier.", transform: uuidArgument) var subject: UUID?
    @Option(help: "Scopes of a user's token.") var scope: [String] = []
    @Option(help: "The product whose client the token is for.") var product = Product.punchout
    @Option(help: "Roles of an application of the operator: billing, auditor, agent, privacy.") var role: [String] = []
    @Option(help: "How long it is valid, in seconds.") var lifetime: Int64 = DevelopmentIssuer.defaultLifetimeSeconds
    @Option(help: "How long ago the user signed in, in seconds.") var authenticatedAgo: Int64 = 0

    func validate() throws {
        guard role.isEmpty else {
            guard tenant == nil, subject == nil, scope.isEmpty, authenticatedAgo == 0 else {
                throw ValidationError("Give either --role, or --tenant with --subject and --scope.")
            }
            return
        }
        guard tenant != nil, subject != nil, !scope.isEmpty else {
            throw ValidationError("A user's token needs --tenant, --subject and --scope; an application's --role.")
        }
        guard (1...86_400).contains(lifetime) else { throw ValidationError("--lifetime is from 1 to 86400 seconds.") }
        guard (0...86_400).contains(authenticatedAgo) else {
            throw ValidationError("--authenticated-ago is from 0 to 86400 seconds.")
        }
    }

    func run() async throws {
        try await reportingFailure {
            let issuer = try await DevelopmentIdentity.issuer()
            guard let tenant, let subject else {
                print(
                    try await issuer.applicationToken(
                        tenant: DevelopmentIdentity.operatorTenant, subject: DevelopmentIdentity.backendSubject,
                        roles: Set(role), client: DevelopmentIdentity.backendClient, lifetimeSeconds: lifetime))
                return
            }
            let client = product == .agent ? DevelopmentIdentity.agentClient : DevelopmentIdentity.extensionClient
            print(
                try await issuer.userToken(
                    tenant: tenant, subject: subject, scopes: Set(scope), client: client, lifetimeSeconds: lifetime,
                    authenticatedAgoSeconds: authenticatedAgo))
        }
    }
}
