/// Where and as whom to connect, and with which limits.
package struct PostgresConfiguration: Sendable {
    /// How far the connection is encrypted, in libpq's terms. Has no meaning for a unix socket.
    package enum SSLMode: String, Sendable, CaseIterable {
        case disable
        case prefer
        case require
        /// Encrypted, the certificate checked against `sslRootCertificate`, the host name against the certificate.
        case verifyFull = "verify-full"
    }

    /// A host name, an address, or the folder of a unix socket (it begins with `/`).
    package var host: String
    package var port: Int
    package var database: String
    package var user: String
    package var password: String?
    package var sslMode: SSLMode
    /// The file with the certificates to trust.
    package var sslRootCertificate: String?
    package var applicationName: String
    package var connectTimeout: Duration
    /// Enforced by the server, for each statement. Zero is none.
    package var statementTimeout: Duration
    /// Settings of the session, sent as `-c name=value`.
    package var serverOptions: [String: String]

    package init(
        host: String = "127.0.0.1", port: Int = 5432, database: String, user: String, password: String? = nil,
        sslMode: SSLMode = .verifyFull, sslRootCertificate: String? = nil, applicationName: String = "zentriq",
        connectTimeout: Duration = .seconds(5), statementTimeout: Duration = .seconds(30),
        serverOptions: [String: String] = [:]
    ) {
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.password = password
        self.sslMode = sslMode
        self.sslRootCertificate = sslRootCertificate
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.serverOptions = serverOptions
    }

    package var isUnixSocket: Bool { host.hasPrefix("/") }

    /// The configuration itself, when it may be used.
    ///
    /// - Parameter development: outside development a server reached over TCP must prove who it is.
    /// - Throws: `invalidParameter` with the setting to change.
    @discardableResult
    package func validated(development: Bool) throws(PostgresError) -> PostgresConfiguration {
        func require(_ condition: Bool, _ reason: String) throws(PostgresError) {
            if !condition { throw PostgresError(.invalidParameter, "database settings: \(reason)") }
        }
        try require(!host.isEmpty && !host.contains(","), "the host must be one name, address or socket folder")
        try require((1...65_535).contains(port), "the port must be between 1 and 65535")
        try require(!database.isEmpty && !user.isEmpty, "database and user must be named")
        try require(connectTimeout > .zero, "the connect timeout must be longer than zero")
        try require(statementTimeout >= .zero, "the statement timeout must not be negative")
        let values = [host, database, user, password ?? "", sslRootCertificate ?? "", applicationName]
        try require(!values.contains { $0.utf8.contains(0) }, "no value may hold a NUL byte")
        try require(
            serverOptions.keys.allSatisfy { $0.utf8.allSatisfy(Self.isOptionNameByte) && !$0.isEmpty },
            "a server option's name holds letters, digits, dots and underscores")
        try require(
            development || isUnixSocket || sslMode == .verifyFull,
            "outside development a host reached over TCP needs the TLS mode verify-full")
        return self
    }

    /// Keywords and values for libpq. Never logged: the password is among them.
    var keywords: [(String, String)] {
        var result = [
            ("host", host), ("port", String(port)), ("dbname", database), ("user", user),
            ("sslmode", isUnixSocket ? SSLMode.disable.rawValue : sslMode.rawValue), ("gssencmode", "disable"),
            ("client_encoding", "UTF8"), ("fallback_application_name", "zentriq"),
            ("application_name", applicationName), ("options", options), ("keepalives", "1"),
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
        ]
        if let password { result.append(("password", password)) }
        if let sslRootCertificate { result.append(("sslrootcert", sslRootCertificate)) }
        return result
    }

    private var options: String {
        var settings = serverOptions
        settings["statement_timeout"] = String(Int64(statementTimeout / .milliseconds(1)))
        return settings.sorted { $0.key < $1.key }.map { name, value in
            let escaped = value.map { $0 == " " || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
            return "-c \(name)=\(escaped)"
        }.joined(separator: " ")
    }

    private static func isOptionNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Without the password and the session's settings.
    package var description: String {
        "\(user)@\(host):\(port)/\(database), TLS \(isUnixSocket ? "none (socket)" : sslMode.rawValue)"
    }

    package var debugDescription: String { description }

    /// Keeps the password out of `dump` and of string interpolation of what contains this.
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
