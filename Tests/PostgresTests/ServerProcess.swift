import Foundation
import PostgresTesting

/// Signals to a process of the server under test, which runs on this machine.
enum ServerProcess {
    enum Signal {
        case stop
        case go

        fileprivate var number: Int32 { self == .stop ? SIGSTOP : SIGCONT }
    }

    struct Failed: Error {
        let code: Int32
    }

    static func signal(_ pid: Int32, _ signal: Signal) throws {
        guard kill(pid, signal.number) == 0 else { throw Failed(code: errno) }
    }
}

extension ServerProcess {
    /// A SIGINT has been sent that the process has not taken yet.
    static func hasPendingInterrupt(_ pid: Int32) throws -> Bool {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        return status.split(separator: "\n").contains { line in
            guard line.hasPrefix("ShdPnd:"), let mask = line.split(separator: "\t").last else { return false }
            return UInt64(mask, radix: 16).map { $0 & (1 << UInt64(SIGINT - 1)) != 0 } ?? false
        }
    }
}

/// A TCP port that accepts connections and never says a word.
final class SilentListener {
    let port: Int
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, size) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, generic, &size) == 0
            }
        }
        guard bound else {
            close(descriptor)
            throw ServerProcess.Failed(code: errno)
        }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        close(descriptor)
    }
}
