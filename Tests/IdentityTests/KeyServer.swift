import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// A real HTTP server on the loopback interface that publishes what it is told to.
final class KeyServer: Sendable {
    enum Answer: Sendable {
        case body(String)
        case status(HTTPResponse.Status)
        case redirect(to: String)
        /// A body that begins and never ends.
        case trickle
    }

    private struct State {
        var answer: Answer
        var requests: [String] = []
    }

    private let state: Mutex<State>

    init(_ answer: Answer) {
        state = Mutex(State(answer: answer))
    }

    /// The paths asked for so far.
    var requests: [String] { state.withLock { $0.requests } }

    func publish(_ answer: Answer) {
        state.withLock { $0.answer = answer }
    }

    /// Runs the server while the test does its work with the server's address.
    func run(_ work: (String) async throws -> Void) async throws {
        let router = Router()
        router.get("**") { [self] request, _ in answer(request.uri.path) }
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let application = Hummingbird.Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "keys") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            defer { group.cancelAll() }
            for await port in ports {
                try await work("http://127.0.0.1:\(port)")
                break
            }
        }
    }

    private func answer(_ path: String) -> Response {
        let answer = state.withLock { state in
            state.requests.append(path)
            return state.answer
        }
        switch answer {
        case .body(let text): return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: text)))
        case .status(let status): return Response(status: status)
        case .redirect(let target): return Response(status: .found, headers: [.location: target])
        case .trickle:
            return Response(
                status: .ok,
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: "{"))
                    try await Task.sleep(for: .seconds(3_600))
                })
        }
    }
}
