import BenchmarkReport
import EventStore
import Foundation
import Postgres

/// The service at work, with customers who have credits: what loads over HTTP are run against.
struct Session: Sendable {
    let gateway: Gateway
    let accounts: Accounts
    let loop: ClosedLoop

    /// On the database of that name, with new customers, or those that are in it already.
    static func with<Value>(
        database: String, tenants: [UUID]? = nil, _ tool: Tool, _ options: Options,
        _ body: (Session) async throws -> Value
    ) async throws -> Value {
        let gateway = try await Gateway.start(
            tool, service: options.service, database: database, port: try Ports.free(), state: options.state)
        let accounts = try await Accounts.make(tenants ?? (0..<Loads.accounts).map { _ in UUID() }, in: options.state)
        if tenants == nil { try await accounts.grant(on: gateway, tool, options) }
        let server = try await Server.connect(database: database)
        let invariants = Invariants(server: server, tool: tool, service: options.service, state: options.state)
        let session = Session(
            gateway: gateway, accounts: accounts,
            loop: ClosedLoop(
                gateway: gateway, server: server, accounts: accounts, invariants: invariants, tool: tool,
                folder: options.load))
        let value = try await body(session)
        try await invariants.verify(from: 0)
        await server.connection.close()
        try await gateway.stop()
        return value
    }
}
