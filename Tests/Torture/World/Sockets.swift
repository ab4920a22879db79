import Foundation

/// TCP on the loopback interface, blocking, closed in every child process.
enum Sockets {
    static func socket() throws -> Int32 {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TortureError("no socket: \(String(cString: strerror(errno)))") }
        return descriptor
    }

    static func connect(port: Int) throws -> Int32 {
        let descriptor = try socket()
        guard withAddress(port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            throw TortureError("nothing listens on port \(port)")
        }
        return descriptor
    }

    static func listen(port: Int) throws -> Int32 {
        let descriptor = try socket()
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard withAddress(port, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 128) == 0 else {
            close(descriptor)
            throw TortureError("port \(port) is taken")
        }
        return descriptor
    }

    /// The next connection, -1 when the listener is shut down.
    static func accept(_ listener: Int32) -> Int32 {
        let descriptor = Glibc.accept(listener, nil, nil)
        if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return descriptor
    }

    /// Below the range that the system takes ports of outgoing connections from, so that a port stays free while its
    /// listener is away.
    static func freePort(using random: inout SystemRandomNumberGenerator) throws -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: 20_000..<32_000, using: &random)
            guard let descriptor = try? listen(port: port) else { continue }
            close(descriptor)
            return port
        }
        throw TortureError("no free port between 20000 and 32000")
    }

    /// Sends everything; false when the other side is gone.
    static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// Closes so that the other side gets a reset.
    static func reset(_ descriptor: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close(descriptor)
    }

    private static func withAddress(
        _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
