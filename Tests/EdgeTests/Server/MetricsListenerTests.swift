import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import Testing

@testable import Edge

@Suite("The listener for metrics")
struct MetricsListenerTests {
    @Test("it shows the metrics, and nothing else")
    func metrics() async throws {
        let application = try EdgeServer.metricsApplication(
            settings: ServerSettings(port: 0), contentType: "text/plain; version=0.0.4",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, render: { "up 1\n" })
        try await application.test(.router) { client in
            let response = try await client.execute(uri: "/metrics", method: .get)
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == "text/plain; version=0.0.4")
            #expect(String(buffer: response.body) == "up 1\n")
            #expect(try await client.execute(uri: "/metrics", method: .post).status == .methodNotAllowed)
            #expect(try await client.execute(uri: "/v1/id", method: .get).status == .notFound)
        }
    }
}
