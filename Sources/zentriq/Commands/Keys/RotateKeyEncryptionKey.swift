import ArgumentParser
import AuditLog
import CanonicalJSON
import Sealing

struct RotateKeyEncryptionKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Let the next version wrap from now on; it is made if it is not there.",
        discussion: """
            The log says so before it wraps anything. Services notice without being started anew, if the version is where \
            they look for it: where several machines have a folder each, make it with generate, copy it, and rotate then. \
            Then: zentriq keys kek rewrap. Interrupted, run it again. Works with the role of retention and the log's key.
            """)

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let key = try await KeyRotation.writing { try await $0.rotate() }
            guard json else { return print(key.line) }
            printCanonical(["fingerprint": .string(key.fingerprint), "version": .integer(Int64(key.version))])
        }
    }
}
