import CanonicalJSON
import Edge
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing

/// The development identity provider on a real socket, with whatever can go wrong between it and us.
final class TestProvider: Sendable {
    enum Fault: Sendable {
        /// Nothing was done.
        case unavailable
        /// It was done, and the answer is lost.
        case lost
        /// It was done, and the answer does not come.
        case silent
        case malformed(String)
        case huge
        case refused(String)
        /// Sends whoever asks elsewhere: to itself, where they would be served.
        case redirect(Int)
        /// It was done, and the answer comes when ``release()`` was called.
        case held
    }

    private struct State {
        var faults: [Fault] = []
        var requests = 0
        var isHolding = false
    }

    let grants = DevelopmentGrants()
    let identity: TestIdentity
    private let state = Mutex(State())
    private let portNumber = Mutex(0)

    var port: Int { portNumber.withLock { $0 } }
    var requests: Int { state.withLock { $0.requests } }

    private init(identity: TestIdentity) {
        self.identity = identity
    }

    static func with<Value: Sendable>(
        _ body: @escaping @Sendable (TestProvider) async throws -> Value
    ) async throws -> Value {
        let clock = ManualClock()
        return try await TestIdentity.with(clock) { identity in
            let provider = TestProvider(identity: identity)
            let router = Router(context: GatewayContext.self)
            router.add(middleware: Faults(provider: provider))
            DevelopmentProviderRoutes(
                grants: provider.grants,
                verifier: TokenVerifier(
                    configuration: identity.configuration, keys: identity.keys, clock: { clock.now }),
                client: TestIdentity.agentClient
            ).add(to: router)
            let (ports, announced) = AsyncStream.makeStream(of: Int.self)
            let logger = Logger(label: "provider") { _ in SwiftLogNoOpLogHandler() }
            let server = try EdgeServer.application(
                router: router, settings: ServerSettings(port: 0), keptRefusals: ["application/json"], logger: logger
            ) { announced.yield($0.localAddress?.port ?? 0) }
            let group = ServiceGroup(services: [server], logger: logger)
            return try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let port = await ports.first { _ in true } ?? 0
                provider.portNumber.withLock { $0 = port }
                let result: Result<Value, any Error>
                do { result = .success(try await body(provider)) } catch { result = .failure(error) }
                provider.release()
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return try result.get()
            }
        }
    }

    /// What happens to the next requests.
    func fail(_ faults: Fault...) {
        state.withLock { $0.faults += faults }
    }

    func release() {
        state.withLock { $0.isHolding = false }
    }

    /// Returns when a request is held.
    func isHolding() async throws {
        while !state.withLock({ $0.isHolding }) { try await Task.sleep(for: .milliseconds(5)) }
    }

    private struct Faults: RouterMiddleware {
        let provider: TestProvider

        func handle(
            _ request: Request, context: GatewayContext,
            next: (Request, GatewayContext) async throws -> Response
        ) async throws -> Response {
            let fault = provider.state.withLock { state in
                state.requests += 1
                return state.faults.isEmpty ? nil : state.faults.removeFirst()
            }
            switch fault {
            case nil: return try await next(request, context)
            case .unavailable: return Self.answer(.internalServerError, "{}")
            case .lost:
                _ = try await next(request, context)
                return Self.answer(.badGateway, "{}")
            case .silent:
                let answer = try await next(request, context)
                try await Task.sleep(for: .seconds(4))
                return answer
            case .malformed(let text):
                _ = try await next(request, context)
                return Self.answer(.ok, text)
            case .huge:
                _ = try await next(request, context)
                return Self.answer(.ok, "{\"access_token\":\"\(String(repeating: "a", count: 1 << 20))\"}")
            case .refused(let code): return Self.answer(.badRequest, "{\"error\":\"\(code)\"}")
            case .redirect(let status):
                var answer = Self.answer(.init(code: status), "{}")
                answer.headers[.location] = "http://127.0.0.1:\(provider.port)\(request.uri.path)"
                return answer
            case .held:
                let answer = try await next(request, context)
                provider.state.withLock { $0.isHolding = true }
                while provider.state.withLock({ $0.isHolding }) { try await Task.sleep(for: .milliseconds(5)) }
                return answer
            }
        }

        private static func answer(_ status: HTTPResponse.Status, _ text: String) -> Response {
            Response(
                status: status, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(string: text)))
        }
    }
}

/// Gives a suite a service with a vault, and an identity provider.
struct VaultTrait: SuiteTrait, TestScoping {
    @TaskLocal static var provider: TestProvider?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withoutActuallyEscaping(function) { function in
            try await TestProvider.with { provider in
                var options = TestGateway.Options()
                options.provider = provider
                try await TestGateway.with(options) { gateway in
                    try await GatewayTrait.$gateway.withValue(gateway) {
                        try await Self.$provider.withValue(provider) { try await function() }
                    }
                }
            }
        }
    }
}

extension Trait where Self == VaultTrait {
    static var vault: Self { VaultTrait() }
}
