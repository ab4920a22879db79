import AuditLog
import Foundation
import Gateway
import Postgres

/// psql in this terminal. The password goes through a file that nobody else can read and that is gone when psql has
/// ended:
/// arguments and environments are for every process to see.
struct InteractiveClient {
    let server: PostgresConfiguration
    let credentials: AccessDesk.Credentials

    /// - Returns: how psql ended.
    func run() throws -> Int32 {
        let folder = FileManager.default.temporaryDirectory.appending(path: "zentriq-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = folder + "/password"
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data("*:*:*:*:\(credentials.password.reveal())\n".utf8),
                attributes: [.posixPermissions: 0o600])
        else { throw InputFailure(description: "\(file) can't be made") }
        // Whatever stands in the environment for other servers is not for this one.
        var environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("PG") && !$0.key.hasPrefix("ZENTRIQ_")
        }
        environment["PGPASSFILE"] = file
        environment["PGSSLMODE"] = server.isUnixSocket ? "disable" : server.sslMode.rawValue
        environment["PGSSLROOTCERT"] = server.sslRootCertificate
        environment["PGAPPNAME"] = "zentriq-staff"
        return try spawn(
            [
                "psql", "--no-psqlrc", "--host=\(server.host)", "--port=\(server.port)", "--dbname=\(server.database)",
                "--username=\(credentials.role)", "--no-password",
            ], environment)
    }

    /// In this process's own group, so that psql has the terminal; signals of the keyboard are psql's meanwhile.
    private func spawn(_ arguments: [String], _ environment: [String: String]) throws -> Int32 {
        let variables = environment.map { "\($0.key)=\($0.value)" }
        var process = pid_t()
        let ignored = signal(SIGINT, SIG_IGN)
        defer { signal(SIGINT, ignored) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        let failure = withStrings(arguments) { arguments in
            withStrings(variables) { variables in
                posix_spawnp(&process, "psql", nil, &attributes, arguments, variables)
            }
        }
        guard failure == 0 else {
            throw InputFailure(description: "psql can't be started; install postgresql-client, or use --show")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1, errno == EINTR {}
        // As a shell tells it: how it ended, or 128 and the signal.
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    private func withStrings<Value>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let copies = strings.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return body(copies)
    }
}
