import AsyncHTTPClient
import Foundation
import Identity
import NIOCore
import NIOHTTP1

/// Customers with credits: a token each, in a file for the load generators.
struct Accounts: Sendable {
    // As the service has them in development: a token of another audience or client is refused at once.
    private static let audience = "api://zentriq-development"
    private static let client = UUID(uuidString: "c0000000-0000-4000-8000-000000000001")
    private static let unitsEach = 100_000_000
    private static let lifetimeSeconds: Int64 = 86_400
    private static let grantsAtOnce = 64

    let file: String
    let tokens: [String]
    let tenants: [UUID]

    static func make(_ tenants: [UUID], in state: String) async throws -> Accounts {
        guard let client else { throw BenchFailure("the client's identifier is no UUID") }
        let issuer = try await DevelopmentIssuer(keyFile: state + "/development-issuer.pem", audience: audience) {
            Int64(Date().timeIntervalSince1970 * 1e6)
        }
        var tokens: [String] = []
        for tenant in tenants {
            tokens.append(
                try await issuer.userToken(
                    tenant: tenant, subject: UUID(), scopes: ["credits"], client: client,
                    lifetimeSeconds: lifetimeSeconds))
        }
        let file = state + "/tokens-\(UUID().uuidString)"
        let content = Data(tokens.map { $0 + "\n" }.joined().utf8)
        guard FileManager.default.createFile(atPath: file, contents: content, attributes: [.posixPermissions: 0o600])
        else { throw BenchFailure("\(file) can't be written") }
        return Accounts(file: file, tokens: tokens, tenants: tenants)
    }

    /// Gives each of them credits.
    func grant(on gateway: Gateway, _ tool: Tool, _ options: Options) async throws {
        let billing = try await tool.run(
            options.service, ["token", "--role", "billing"], ["ZENTRIQ_DATA_DIRECTORY": options.state])
        let token = billing.trimmingCharacters(in: .whitespacesAndNewlines)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<min(Self.grantsAtOnce, tenants.count) {
                group.addTask {
                    for index in stride(from: worker, to: tenants.count, by: Self.grantsAtOnce) {
                        try await Self.grant(tenants[index], on: gateway, token: token)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func grant(_ tenant: UUID, on gateway: Gateway, token: String) async throws {
        var request = HTTPClientRequest(url: gateway.url + "/v1/grants")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Idempotency-Key", value: tenant.uuidString)
        request.body = .bytes(
            ByteBuffer(
                string: """
                    {"tenant_id":"\(tenant.uuidString.lowercased())","product":"punchout","units":\(unitsEach),\
                    "source":"purchase","reference":"bench"}
                    """))
        let answer = try await HTTPClient.shared.execute(request, deadline: .now() + .seconds(60))
        let body = try await answer.body.collect(upTo: 65_536)
        guard answer.status == .created else {
            throw BenchFailure("a grant was answered \(answer.status.code): \(String(buffer: body))")
        }
    }
}
