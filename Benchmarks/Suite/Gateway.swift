import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// The service under test: the release build in a process of its own, as it is in production but for tokens made here
/// and rate limits that refuse nobody.
struct Gateway: Sendable {
    let port: Int
    let process: Int32
    var url: String { "http://127.0.0.1:\(port)" }
    private let running: @Sendable () async throws -> Void

    /// Migrates the database, and starts the service on it.
    static func start(_ tool: Tool, service: String, database: String, port: Int, state: String) async throws -> Gateway
    {
        let environment = [
            "ZENTRIQ_DATABASE_NAME": database, "ZENTRIQ_HTTP_PORT": String(port), "ZENTRIQ_METRICS_PORT": "0",
            "ZENTRIQ_RATE_PER_SECOND": "1000000", "ZENTRIQ_RATE_BURST": "1000000", "ZENTRIQ_DATA_DIRECTORY": state,
        ]
        _ = try await tool.run(service, ["migrate"], environment)
        let process = try tool.start("gateway-\(database)", service, ["dev", "--no-demo"], environment)
        let gateway = Gateway(port: port, process: process.processIdentifier) {
            try await tool.stop(process)
        }
        try await Ready.wait(for: gateway.url + "/readyz") { process.isRunning }
        return gateway
    }

    func stop() async throws { try await running() }
}

enum Ready {
    private static let patience = Duration.seconds(60)

    /// Waits until the address answers 200.
    static func wait(for url: String, while isRunning: () -> Bool) async throws {
        let deadline = ContinuousClock.now + patience
        while true {
            let answer = try? await HTTPClient.shared.execute(
                HTTPClientRequest(url: url), deadline: .now() + .seconds(2))
            if answer?.status == .ok { return }
            guard isRunning(), ContinuousClock.now < deadline else { throw BenchFailure("\(url) does not answer") }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
