import ArgumentParser
import CanonicalJSON
import TransparencyLog
import Verification

struct VerifyHandover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handover", abstract: "Verify that one key of a log was followed by another.",
        discussion: """
            The file is a checkpoint signed with both keys. Who trusts the one may then trust the other. Needs no \
            database, no network and no configuration. Exits with 2, and the reason, if it does not hold.
            """)

    @Argument(help: "The hand-over; - for standard input.", completion: .file())
    var file: String

    @Option(help: "The verifier key that is trusted.", transform: verifierArgument)
    var from: NoteVerifier

    @Option(help: "The verifier key that followed it.", transform: verifierArgument)
    var to: NoteVerifier

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let bytes = try InputFile.read(file, maximumByteCount: Note.maximumByteCount)
            do throws(HandoverRefusal) {
                let checkpoint = try Handover.verify(bytes, from: from, to: to)
                if json {
                    printCanonical([
                        "origin": .string(checkpoint.origin), "root": .string(checkpoint.root.hex),
                        "size": .string(String(checkpoint.size)), "valid": .bool(true),
                    ])
                } else {
                    print("The hand-over holds.")
                    print("\(to.key) follows \(from.key) on \(checkpoint.origin), at \(checkpoint.size) events.")
                }
            } catch {
                try refuse("\(error)", json: json)
            }
        }
    }
}
