import ArgumentParser
import CanonicalJSON
import TransparencyLog
import Verification

struct VerifyReceipt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Verify with public keys alone that an event is in the log, and show it.",
        discussion: """
            Needs no database, no network and no configuration. The file is a C2SP tlog-proof with the event and its \
            salt, as the service gives it. Exits with 2, and the reason, if it does not hold.
            """)

    @Argument(help: "The receipt; - for standard input.", completion: .file())
    var file: String

    @Option(help: "The log's verifier key.", transform: verifierArgument)
    var key: NoteVerifier

    @Option(help: "A witness's verifier key; repeatable.", transform: verifierArgument)
    var witness: [NoteVerifier] = []

    @Option(help: "How many of the witnesses must have cosigned. All of them, if not given.")
    var quorum: Int?

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let policy = try policy()
        try await reportingFailure {
            let bytes = try InputFile.read(file, maximumByteCount: ProofFile.maximumByteCount)
            do throws(ReceiptFault) {
                let receipt = try VerifiedReceipt(bytes, policy: policy)
                if json { printJSON(receipt) } else { printText(receipt) }
            } catch {
                try refuse("\(error)", json: json)
            }
        }
    }

    private func policy() throws -> TrustPolicy {
        do {
            return try TrustPolicy(log: key, witnesses: witness, quorum: quorum ?? witness.count)
        } catch {
            let reason =
                switch error {
                case .wrongKeyType: "--key takes the key of a log, --witness that of a witness"
                case .sharedPublicKey, .ambiguousKey: "a key is given twice"
                case .unreachableQuorum: "--quorum is a number from 0 to that of the witnesses"
                }
            throw ValidationError(reason)
        }
    }

    private func printText(_ receipt: VerifiedReceipt) {
        print("The receipt holds.")
        for sentence in EventSentences(receipt).all { print(sentence) }
        print("It is at position \(receipt.position) of \(receipt.origin), in the tree of \(receipt.size) events.")
        for witness in receipt.witnesses {
            print("\(witness.name) saw that tree on \(RFC3339.format(seconds: witness.time)).")
        }
    }

    private func printJSON(_ receipt: VerifiedReceipt) {
        let event = (try? JSONParser.parse(receipt.event, limits: .init(maximumBytes: receipt.event.count))) ?? .null
        printCanonical([
            "event": event, "origin": .string(receipt.origin), "position": .string(String(receipt.position)),
            "root": .string(receipt.root.hex), "sentences": .array(EventSentences(receipt).all.map { .string($0) }),
            "size": .string(String(receipt.size)), "valid": .bool(true),
            "witnesses": .array(
                receipt.witnesses.map {
                    .object(["name": .string($0.name), "time": .string(RFC3339.format(seconds: $0.time))])
                }),
        ])
    }
}

/// Says why something does not hold, and ends the command with the exit code for that.
func refuse(_ reason: String, json: Bool) throws -> Never {
    if json {
        printCanonical(["reason": .string(reason), "valid": .bool(false)])
    } else {
        print("REFUSED: \(reason)")
    }
    throw ExitCode.findings
}

extension RFC3339 {
    /// A time in whole seconds; beyond what four digits of a year can say, the last moment of those.
    fileprivate static func format(seconds: UInt64) -> String {
        format(microseconds: Int64(min(seconds, UInt64(maximumMicroseconds) / 1_000_000)) * 1_000_000)
    }
}
