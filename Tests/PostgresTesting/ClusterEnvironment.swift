import Foundation
package import Postgres

/// The address and the passwords of a cluster made by `ops/cluster`, as its `env` file holds them.
package struct ClusterEnvironment: Sendable {
    /// Who to connect as.
    package enum Role: String, Sendable, CaseIterable {
        case owner = "zentriq_owner"
        case gateway = "zentriq_gateway"
        case projector = "zentriq_projector"
        case retention = "zentriq_retention"
        case auditor = "zentriq_auditor"
        case access = "zentriq_access"
        case recorder = "zentriq_recorder"
        case superuser = "postgres"

        fileprivate var passwordKey: String {
            self == .superuser
                ? "ZENTRIQ_SUPERUSER_PASSWORD" : "ZENTRIQ_\(rawValue.dropFirst(8).uppercased())_PASSWORD"
        }
    }

    /// How to reach the server.
    package enum Transport: Sendable {
        case socket
        /// TCP on 127.0.0.1 with TLS, fully verified.
        case tls
    }

    /// A busy machine with a hundred tests at once takes its time to answer.
    private static let connectTimeout: Duration = .seconds(60)

    private let values: [String: String]

    package init(directory: String) throws {
        guard let text = try? String(contentsOfFile: directory + "/env", encoding: .utf8) else {
            throw TestingError("there is no readable \(directory)/env; run: ops/cluster start \(directory)")
        }
        let lines = text.split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1) }
        values = Dictionary(
            lines.filter { $0.count == 2 }.map { (String($0[0]), String($0[1])) }, uniquingKeysWith: { $1 })
    }

    package func configuration(
        role: Role, database: String, transport: Transport = .socket
    ) throws -> PostgresConfiguration {
        func value(_ key: String) throws -> String {
            guard let value = values[key] else { throw TestingError("the cluster's env file lacks \(key)") }
            return value
        }
        var configuration = PostgresConfiguration(
            database: database, user: role.rawValue, password: try value(role.passwordKey),
            applicationName: "zentriq-test", connectTimeout: Self.connectTimeout)
        switch transport {
        case .socket: configuration.host = try value("ZENTRIQ_DATABASE_SOCKET")
        case .tls: configuration.host = try value("ZENTRIQ_DATABASE_HOST")
        }
        guard let port = Int(try value("ZENTRIQ_DATABASE_PORT")) else {
            throw TestingError("the cluster's env file holds no port number")
        }
        configuration.port = port
        configuration.sslRootCertificate = try value("ZENTRIQ_DATABASE_TLS_ROOT")
        return configuration
    }
}

/// A test cannot be run; says what to do.
package struct TestingError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
