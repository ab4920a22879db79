import NIOCore
import NIOPosix
import NIOSSL

/// A connection that sends exactly the bytes it is told to and reads answers without repairing them.
struct RawConnection {
    struct Answer {
        let status: Int
        /// Lower-cased names; repeated headers are joined by a comma.
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// The peer closed the connection where an answer was expected.
    struct Closed: Error {}
    struct Malformed: Error { let text: String }

    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received = ByteBuffer()
    let channel: any Channel

    /// Opens a connection, with TLS if a client context is given, and closes it after `body`.
    static func open<Result>(
        port: Int, tls: NIOSSLContext? = nil, _ body: (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: nil))
                    }
                    return try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(
                            isOutboundHalfClosureEnabled: true, inboundType: ByteBuffer.self,
                            outboundType: ByteBuffer.self))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(
                inbound: inbound.makeAsyncIterator(), outbound: outbound, channel: channel.channel)
            return try await body(&connection)
        }
    }

    /// Sends `request` on a fresh connection and reads the answer.
    static func exchange(_ request: String, port: Int) async throws -> Answer {
        try await open(port: port) { connection in
            try await connection.send(request)
            return try await connection.answer()
        }
    }

    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await outbound.write(ByteBuffer(bytes: bytes))
    }

    /// Sends without waiting, for a peer that may have closed.
    func sendLater(_ text: String) {
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    /// Sends no more; the peer sees the end of the input.
    func endInput() {
        outbound.finish()
    }

    /// Reads and drops until the peer closes. A reset counts as closing.
    mutating func untilClosed() async -> Int {
        var count = received.readableBytes
        received.clear()
        while let bytes = try? await inbound.next() { count += bytes.readableBytes }
        return count
    }

    /// Reads one answer, without body where `isHead` says that the request was HEAD.
    mutating func answer(isHead: Bool = false) async throws -> Answer {
        let (status, headers) = try await head()
        if isHead || status == 204 || (100..<200).contains(status) {
            return Answer(status: status, headers: headers, body: [])
        }
        if headers["transfer-encoding"] == "chunked" {
            return Answer(status: status, headers: headers, body: try await chunks())
        }
        if let length = headers["content-length"].flatMap({ Int($0) }) {
            return Answer(status: status, headers: headers, body: try await bytes(length))
        }
        while let more = try await inbound.next() { received.writeImmutableBuffer(more) }
        return Answer(status: status, headers: headers, body: try await bytes(received.readableBytes))
    }

    private mutating func head() async throws -> (Int, [String: String]) {
        let start = try await line()
        let parts = start.split(separator: " ", maxSplits: 2)
        guard start.hasPrefix("HTTP/1."), parts.count >= 2, let status = Int(parts[1]) else {
            throw Malformed(text: start)
        }
        var headers: [String: String] = ["": String(parts[0])]
        while case let line = try await line(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw Malformed(text: line) }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[name] = headers[name].map { "\($0), \(value)" } ?? String(value)
        }
        return (status, headers)
    }

    private mutating func chunks() async throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let line = try await line()
            guard let size = Int(line, radix: 16) else { throw Malformed(text: line) }
            body += try await bytes(size)
            guard try await bytes(2) == [13, 10] else { throw Malformed(text: line) }
            if size == 0 { return body }
        }
    }

    private mutating func line() async throws -> String {
        while true {
            if let end = received.readableBytesView.firstIndex(of: 10) {
                let bytes = received.readBytes(length: end - received.readerIndex + 1) ?? []
                return String(decoding: bytes.dropLast(2), as: UTF8.self)
            }
            try await more()
        }
    }

    private mutating func bytes(_ count: Int) async throws -> [UInt8] {
        while received.readableBytes < count { try await more() }
        return received.readBytes(length: count) ?? []
    }

    private mutating func more() async throws {
        guard let bytes = try await inbound.next() else { throw Closed() }
        received.writeImmutableBuffer(bytes)
    }
}
