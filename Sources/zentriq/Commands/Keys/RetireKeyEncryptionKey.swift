import ArgumentParser
import AuditLog
import CanonicalJSON

struct RetireKeyEncryptionKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire", abstract: "Destroy a version that wraps nothing any more, where it is kept, for ever.",
        discussion: """
            Backups of the database from before the rewrap can't be opened afterwards: that is what it is for. Copies of the key \
            elsewhere are yours to destroy. Exits with 2, and changes nothing, while keys are wrapped with it.
            """)

    @Argument(help: "The version.") var version: Int32
    @Flag(help: "Only say whether it could be destroyed; change nothing.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            try await KeyRotation.writing { try await $0.retire(version, dryRun: dryRun) }
            guard json else {
                return print("Version \(version) \(dryRun ? "could be" : "was") destroyed.")
            }
            printCanonical(["dry_run": .bool(dryRun), "version": .integer(Int64(version))])
        }
    }
}
