import AuditLog
import EventStore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// A receiver of call-backs on a real socket, which answers as it is told to.
final class Receiver: Sendable {
    struct Asked: Sendable, Equatable {
        let key: String
        let signatures: [String]
        let body: [UInt8]
    }

    typealias Behaviour = @Sendable (Asked) -> Response

    private struct State {
        var behaviour: Behaviour
        var asked: [Asked] = []
    }

    private let state: Mutex<State>

    init(_ behaviour: @escaping Behaviour) {
        state = Mutex(State(behaviour: behaviour))
    }

    var asked: [Asked] { state.withLock { $0.asked } }

    func become(_ behaviour: @escaping Behaviour) {
        state.withLock { $0.behaviour = behaviour }
    }

    /// Runs the server while the test does its work with the server's address.
    func run<Value>(_ work: (String) async throws -> Value) async throws -> Value {
        let router = Router()
        router.post("**") { [self] request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            let asked = Asked(
                key: request.headers[.init("Idempotency-Key")!] ?? "",
                signatures: request.headers[values: .init(SignedMessage.headerName)!],
                body: Array(body.readableBytesView))
            let behaviour = state.withLock { state in
                state.asked.append(asked)
                return state.behaviour
            }
            return behaviour(asked)
        }
        let quiet = Logger(label: "receiver") { _ in SwiftLogNoOpLogHandler() }
        let (ports, running) = AsyncStream<Int>.makeStream()
        let server = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { running.yield($0.localAddress?.port ?? 0) }, logger: quiet)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            defer { group.cancelAll() }
            guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
            return try await work("http://127.0.0.1:\(port)/erase")
        }
    }
}

extension Receiver {
    static let secret = [UInt8](0..<32)
    static let name = "chats"
    static let clock = WallClock { EventTime(microseconds: 1_800_000_000_500_000) }

    /// What a good receiver says.
    static func receipt(for request: CallBackRequest, name: String = name, erased: String = "3") -> String {
        """
        {"request":"\(request.id.lowercaseText)","store":"\(name)","erased":\(erased),"at":"2027-01-15T08:00:00Z"}
        """
    }

    /// An answer with this body, signed as it should be but for what is said otherwise.
    static func signed(
        _ body: String, secret: [UInt8] = secret, key: String? = nil, over other: String? = nil,
        after seconds: Int64 = 0
    ) -> Behaviour {
        { asked in
            guard let secret = try? CallBackSecret(secret) else { return Response(status: .internalServerError) }
            let message = SignedMessage(idempotencyKey: key ?? asked.key, body: Array((other ?? body).utf8))
            let signature = message.signature(at: clock.now().adding(seconds: seconds), with: secret)
            return answer(body, [signature])
        }
    }

    static func status(_ code: Int, headers: HTTPFields = [:]) -> Behaviour {
        { _ in Response(status: .init(code: code), headers: headers) }
    }

    static func answer(_ body: String, _ signatures: [String]) -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        headers[values: .init(SignedMessage.headerName)!] = signatures
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: body)))
    }
}
