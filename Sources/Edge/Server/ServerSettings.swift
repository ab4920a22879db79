/// Where a listener listens, how it is protected, and every limit of its connections.
package struct ServerSettings: Sendable {
    package struct TLS: Sendable {
        /// PEM: the leaf, then its intermediates.
        package var certificatePath: String
        /// PEM.
        package var keyPath: String
        /// How often the files are read again. A pair that does not fit together is ignored until it does.
        package var reloadInterval: Duration

        package init(certificatePath: String, keyPath: String, reloadInterval: Duration = .seconds(30)) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
            self.reloadInterval = reloadInterval
        }
    }

    /// An address or a name of this machine.
    package var host: String
    /// 0 lets the system choose.
    package var port: Int
    package var tls: TLS?
    /// For a listener behind something that terminates TLS on another machine or container.
    package var allowPlaintextBeyondLoopback: Bool
    package var limits: ConnectionLimits

    package init(
        host: String = "127.0.0.1", port: Int, tls: TLS? = nil, allowPlaintextBeyondLoopback: Bool = false,
        limits: ConnectionLimits = ConnectionLimits()
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.allowPlaintextBeyondLoopback = allowPlaintextBeyondLoopback
        self.limits = limits
    }

    /// - Throws: `plaintextBeyondLoopback` where credentials would cross a network unencrypted.
    func validate() throws(EdgeServerError) {
        guard (0...65_535).contains(port) else { throw .invalidPort(port) }
        guard tls != nil || allowPlaintextBeyondLoopback || isLoopback else {
            throw .plaintextBeyondLoopback(host: host)
        }
    }

    /// Only literals and `localhost` count: any other name may resolve to anything tomorrow.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// Why a listener was not started.
package enum EdgeServerError: Error, Equatable, CustomStringConvertible {
    case invalidPort(Int)
    case plaintextBeyondLoopback(host: String)

    package var description: String {
        switch self {
        case .invalidPort(let port): "\(port) is not a port"
        case .plaintextBeyondLoopback(let host):
            "\(host) is not a loopback address: give a certificate, or allow plaintext beyond loopback explicitly"
        }
    }
}
