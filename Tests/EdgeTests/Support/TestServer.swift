import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

@testable import Edge

/// The service of these tests on a real socket.
struct TestServer {
    let port: Int
    let gate: Gate
    /// Begins the graceful shutdown, as a signal would.
    let shutDown: @Sendable () async -> Void

    /// Runs `body` against a listener and shuts it down gracefully.
    static func run<Result: Sendable>(
        settings: ServerSettings = ServerSettings(port: 0), logger: Logger? = nil,
        _ body: @Sendable @escaping (TestServer) async throws -> Result
    ) async throws -> Result {
        let gate = Gate()
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let logger = logger ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let application = try EdgeServer.application(
            router: TestService.router(gate: gate), settings: settings, logger: logger
        ) { channel in
            running.yield(channel.localAddress?.port ?? 0)
        }
        let group = ServiceGroup(services: [application], logger: logger)
        return try await withThrowingTaskGroup(of: Result?.self) { tasks in
            tasks.addTask {
                try await group.run()
                running.finish()
                return nil
            }
            tasks.addTask {
                guard let port = await ports.first(where: { _ in true }) else { throw NotStarted() }
                let server = TestServer(port: port, gate: gate, shutDown: { await group.triggerGracefulShutdown() })
                defer { gate.open() }
                return try await body(server)
            }
            var result: Result?
            for try await value in tasks {
                guard let value else { continue }
                result = value
                await group.triggerGracefulShutdown()
            }
            guard let result else { throw NotStarted() }
            return result
        }
    }

    struct NotStarted: Error {}
}
