import Foundation

/// One HTTP/1.1 connection with one request at a time. Knows of the protocol what the gateway's answers need.
final class KeepAliveConnection {
    private static let largestAnswer = 65_536

    let descriptor: Int32
    private var due: Double?
    private var buffer: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        guard status == 0 else { throw BenchFailure("no connection to port \(port)") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit {
        close(descriptor)
    }

    /// A request fits into the socket's buffer, as there is only one on the way.
    func send(_ request: [UInt8], due: Double) throws {
        self.due = due
        guard write(descriptor, request, request.count) == request.count else {
            throw BenchFailure("INVARIANT: open loop: a connection was lost")
        }
    }

    /// After `poll` has found something: when the request was due that is answered now, nil if the answer is not
    /// complete yet.
    func receive() throws -> Double? {
        let old = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: 4_096))
        let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + old }, 4_096) }
        buffer.removeLast(4_096 - max(0, count))
        guard count > 0, buffer.count < Self.largestAnswer else {
            throw BenchFailure("INVARIANT: open loop: a connection was lost")
        }
        guard let length = Self.answerLength(buffer), buffer.count >= length else { return nil }
        guard buffer[9] == UInt8(ascii: "2"), let due else {
            throw BenchFailure(
                "INVARIANT: open loop: answered \(String(decoding: buffer.prefix(2_000), as: UTF8.self))")
        }
        buffer.removeAll(keepingCapacity: true)
        self.due = nil
        return due
    }

    /// Of head and body; nil while the head is not complete.
    private static func answerLength(_ bytes: [UInt8]) -> Int? {
        let text = bytes.withUnsafeBytes { bytes -> (head: Int, body: Int)? in
            var line = 0
            var body = 0
            for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") {
                if index - line <= 1 { return (index + 1, body) }
                body = contentLength(UnsafeRawBufferPointer(rebasing: bytes[line..<index])) ?? body
                line = index + 1
            }
            return nil
        }
        return text.map { $0.head + $0.body }
    }

    private static func contentLength(_ line: UnsafeRawBufferPointer) -> Int? {
        let name = StaticString("content-length:")
        guard line.count > name.utf8CodeUnitCount else { return nil }
        for index in 0..<name.utf8CodeUnitCount where line[index] | 0x20 != name.utf8Start[index] | 0x20 { return nil }
        return line[name.utf8CodeUnitCount...].reduce(0) { sum, byte in
            (0x30...0x39).contains(byte) ? sum * 10 + Int(byte - 0x30) : sum
        }
    }
}
