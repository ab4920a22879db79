import ArgumentParser
import AuditLog
import CanonicalJSON
import EventStore
import Foundation
import Gateway
import Postgres

struct ConnectStaff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect", abstract: "Open psql with the role that was granted.",
        discussion: """
            Each time with a new password, which is shown to nobody, or with --show printed once, for another program. \
            The role and its sessions end with the access.
            """)

    @OptionGroup var options: DecisionOptions
    @Flag(help: "Print host, role and password instead, once.") var show = false

    func run() async throws {
        try await reportingFailure {
            let server = try Environment.settings.database(.access, development: !Environment.isProduction)
            let code = try SecretLine.ask("Code of seat \(options.by.seat)")
            let credentials = try await StaffCommand.atDesk {
                try await $0.open(options.access, by: options.by.seat, code: code)
            }
            if show || options.json {
                return printCanonical([
                    "database": .string(server.database), "expires_at": .string(credentials.expiresAt.text),
                    "host": .string(server.host), "password": .string(credentials.password.reveal()),
                    "port": .integer(Int64(server.port)), "user": .string(credentials.role),
                ])
            }
            FileHandle.standardError.write(
                Data("Until \(credentials.expiresAt.text), as \(credentials.role). All of it is on record.\n".utf8))
            let status = try InteractiveClient(server: server, credentials: credentials).run()
            if status != 0 { throw ExitCode(status) }
        }
    }
}
