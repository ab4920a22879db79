import ArgumentParser
import AuditLog
import CanonicalJSON

struct RewrapKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrap", abstract: "Wrap anew, with the version that wraps, what older ones wrapped.",
        discussion: """
            Beside the running service, a page at a time. Interrupted, run it again: what is done is done. No key is ever shown. \
            Exits with 2 if a key did not open, and was left as it is.
            """)

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let line = ProgressLine("rewrapping", unit: "keys")
            let count = try await KeyRotation.writing { rotator in
                try await rotator.rewrap { line.show($0.done, of: $0.total) }
            }
            line.finish()
            guard json else { return print("\(count) keys were wrapped anew.") }
            printCanonical(["rewrapped": .string(String(count))])
        }
    }
}
