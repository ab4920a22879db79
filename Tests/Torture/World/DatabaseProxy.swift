import Foundation
import Synchronization

/// Stands between a gateway and PostgreSQL, in plain TCP, and breaks connections where it hurts: in the middle of an
/// append, before or after it reached the server.
final class DatabaseProxy: Sendable {
    /// What happens to the next append, once.
    enum Cut: String, CaseIterable, Sendable {
        /// A part of it reaches the server; then both sides lose the connection.
        case inTheMiddle = "cut in the middle of the append"
        /// The server gets all of it and commits; its answer is dropped with the connection.
        case beforeTheAnswer = "cut after the commit reached the server"
        /// The gateway loses the connection at once; the server gets the append a moment later, when the gateway has
        /// asked already what became of it.
        case late = "append delivered late"
        /// The server gets it, and the end of the stream behind it.
        case halfClosedToServer = "half-closed to the server"
        /// The gateway gets the end of the stream instead of an answer.
        case halfClosedToGateway = "half-closed to the gateway"
        /// Nothing moves for a while; then the connection is gone, with a reset.
        case silence = "silence, then a reset"
    }

    struct Behaviour: Sendable {
        var cut: Cut?
        /// How many appends are cut.
        var cuts = 0
        var pause: Duration = .milliseconds(500)
        /// Part of the append that gets through, in percent.
        var part = 50
        /// Of every chunk in both directions.
        var delay: Duration = .zero
        /// New connections are closed as they come.
        var isClosed = false
    }

    let port: Int
    private let serverPort: Int
    private let listener: Int32
    private let behaviour = Mutex(Behaviour())
    private let done = Atomic<Int>(0)

    /// How many appends were cut so far.
    var cutCount: Int { done.load(ordering: .relaxed) }

    init(port: Int, serverPort: Int) throws {
        self.port = port
        self.serverPort = serverPort
        listener = try Sockets.listen(port: port)
        Thread.detachNewThread { [self] in
            while case let client = Sockets.accept(listener), client >= 0 {
                begin(client)
            }
        }
    }

    func set(_ behaviour: Behaviour) { self.behaviour.withLock { $0 = behaviour } }

    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func begin(_ client: Int32) {
        guard !behaviour.withLock(\.isClosed), let server = try? Sockets.connect(port: serverPort) else {
            Glibc.close(client)
            return
        }
        let link = ProxyLink(client: client, server: server)
        Thread.detachNewThread { [self] in toServer(link) }
        Thread.detachNewThread { [self] in toClient(link) }
    }

    private func toServer(_ link: ProxyLink) {
        link.pump(from: link.client) { [self] chunk in
            if !chunk.ranges(of: ProxyLink.writerMark).isEmpty { link.isWriter.store(true, ordering: .relaxed) }
            pause()
            guard link.isWriter.load(ordering: .relaxed), !chunk.ranges(of: ProxyLink.appendMark).isEmpty,
                let cut = takeCut()
            else {
                return Sockets.send(chunk, to: link.server)
            }
            carryOut(cut, chunk, link)
            return cut.0 == .halfClosedToGateway || cut.0 == .halfClosedToServer || cut.0 == .beforeTheAnswer
        }
        shutdown(link.server, Int32(SHUT_WR))
        link.end()
    }

    private func toClient(_ link: ProxyLink) {
        link.pump(from: link.server) { [self] chunk in
            pause()
            if link.isDeaf.load(ordering: .relaxed) {
                link.cutOff()
                return false
            }
            return Sockets.send(chunk, to: link.client)
        }
        shutdown(link.client, Int32(SHUT_WR))
        link.end()
    }

    private func pause() {
        let delay = behaviour.withLock(\.delay)
        if delay > .zero { Thread.sleep(forTimeInterval: delay / .seconds(1)) }
    }

    private func takeCut() -> (Cut, Behaviour)? {
        behaviour.withLock { behaviour in
            guard let cut = behaviour.cut, behaviour.cuts > 0 else { return nil }
            behaviour.cuts -= 1
            done.add(1, ordering: .relaxed)
            return (cut, behaviour)
        }
    }

    private func carryOut(_ cut: (Cut, Behaviour), _ chunk: ArraySlice<UInt8>, _ link: ProxyLink) {
        let pause = cut.1.pause / .seconds(1)
        switch cut.0 {
        case .inTheMiddle:
            _ = Sockets.send(chunk.prefix(chunk.count * cut.1.part / 100), to: link.server)
            link.cutOff()
        case .beforeTheAnswer:
            link.isDeaf.store(true, ordering: .relaxed)
            _ = Sockets.send(chunk, to: link.server)
        case .late:
            shutdown(link.client, Int32(SHUT_RDWR))
            link.isDeaf.store(true, ordering: .relaxed)
            Thread.sleep(forTimeInterval: pause)
            _ = Sockets.send(chunk, to: link.server)
        case .halfClosedToServer:
            _ = Sockets.send(chunk, to: link.server)
            shutdown(link.server, Int32(SHUT_WR))
        case .halfClosedToGateway:
            _ = Sockets.send(chunk, to: link.server)
            shutdown(link.client, Int32(SHUT_WR))
        case .silence:
            link.isDeaf.store(true, ordering: .relaxed)
            _ = Sockets.send(chunk, to: link.server)
            Thread.sleep(forTimeInterval: pause)
            link.cutOff()
        }
    }
}

/// The two sockets of one connection. Closed when both directions have ended.
private final class ProxyLink: Sendable {
    /// Only the sequencer's connection asks for this setting.
    static let writerMark = Array("idle_in_transaction_session_timeout".utf8)
    /// Stands in every checkpoint, so in every append, and in no other statement's parameters.
    static let appendMark = Array("log.zentriq.test".utf8)

    let client: Int32
    let server: Int32
    let isWriter = Atomic<Bool>(false)
    /// What the server says reaches nobody any more.
    let isDeaf = Atomic<Bool>(false)
    private let ended = Atomic<Int>(0)

    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
    }

    /// Hands what comes in to `body` until the end of the stream, or until `body` returns false.
    func pump(from source: Int32, _ body: (ArraySlice<UInt8>) -> Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(source, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0, body(buffer[..<count]) else { return }
        }
    }

    func cutOff() {
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
    }

    func end() {
        guard ended.add(1, ordering: .acquiringAndReleasing).newValue == 2 else { return }
        close(client)
        close(server)
    }
}
