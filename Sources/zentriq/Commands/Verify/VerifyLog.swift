import ArgumentParser
import Billing
import CanonicalJSON
import EventStore
import Gateway
import Postgres
import TransparencyLog
import Verification

struct VerifyLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Read the whole log, and check everything that is kept of it.",
        discussion: """
            Every row, stream, balance, stored answer and tile, the head with its signature, the hand-overs, and that \
            the log follows from what it was at the last run. Reads with the auditor's role; what is appended \
            meanwhile is left to the next run. Exits with 2 if anything contradicts the log.
            """)

    @Option(help: "Begin at this position, and take what is before it from the tiles.")
    var from: Int64 = 0

    @Option(
        help: "The file with the checkpoint of the last run (default: verified-checkpoint in the data directory).",
        completion: .file())
    var state: String?

    @Option(help: "The log's verifier key, or one that handed over to it.", transform: verifierArgument)
    var key: NoteVerifier?

    @Option(
        help: """
            The folder with the key-encryption key, to open what is sealed (default: ZENTRIQ_KEK_FOLDER). Without any, \
            that is verified as far as it can be closed.
            """, completion: .directory)
    var kekFolder: String?

    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard from >= 0 else { throw ValidationError("--from is a position, 0 or more.") }
    }

    func run() async throws {
        try await reportingFailure {
            let file = SeenCheckpointFile(path: try state ?? defaultState())
            var options = LogVerifier.Options()
            options.from = LogPosition(from)
            options.seen = try file.read()
            options.key = key
            let keys = try await KeyEncryption.keysIfAny(in: kekFolder)
            let pool = try Environment.pool(.auditor)
            let progress = ProgressLine("verifying", unit: "events")
            let verifier = LogVerifier(log: LogID(1), origin: Environment.readOrigin(), pool: pool, keys: keys)
            let report: VerificationReport
            do {
                report = try await verifier.run(options) { progress.show($0.position.rawValue, of: $0.size.rawValue) }
            } catch LogError.corrupt(let reason) {
                // What is damaged so far that it can't even be read is a finding, too.
                progress.finish()
                await pool.close()
                try refuse(reason, json: json)
            }
            progress.finish()
            await pool.close()
            if let checkpoint = report.checkpoint { try file.write(checkpoint) }
            if json { printCanonical(Self.encode(report)) } else { printText(report) }
            if !report.isGood { throw ExitCode.findings }
        }
    }

    private func defaultState() throws -> String {
        try Environment.settings.string("DATA_DIRECTORY", default: ".zentriq") + "/verified-checkpoint"
    }

    private func printText(_ report: VerificationReport) {
        print("events    \(report.size)\(report.from.rawValue > 0 ? ", read from \(report.from.rawValue) on" : "")")
        print("streams   \(report.streams), of which \(report.accounts) accounts")
        print("answers   \(report.answers)")
        print("sealed    \(report.seals.all), of which \(report.seals.opened) were opened")
        print("root      \(report.root.hex)")
        print("signer    \(report.signer)")
        if let earlier = report.earlierSize { print("follows   the \(earlier) events of the last run") }
        for restoration in report.restorations { print("RESTORED  \(restoration)") }
        for note in report.unchecked { print("unchecked \(note)") }
        for finding in report.findings.kept { print("FINDING   \(finding)") }
        let hidden = report.findings.count - Int64(report.findings.kept.count)
        if hidden > 0 { print("FINDING   and \(hidden) more") }
        if let first = report.findings.firstPosition { print("The first wrong position is \(first.rawValue).") }
        if report.isGood { print("Nothing contradicts the log.") }
    }

    private static func encode(_ restoration: LogRestoration) -> JSONObject {
        [
            "from": .string(String(restoration.restored.from.rawValue)),
            "lost_checkpoint": .string(String(decoding: restoration.restored.lost.encoded(), as: UTF8.self)),
            "lost_signer": .string(restoration.restored.signer.text),
            "position": .string(String(restoration.position.rawValue)),
        ]
    }

    private static func encode(_ report: VerificationReport) -> JSONObject {
        [
            "accounts": .string(String(report.accounts)), "answers": .string(String(report.answers)),
            "earlier_size": report.earlierSize.map { .string(String($0)) } ?? .null,
            "finding_count": .string(String(report.findings.count)),
            "findings": .array(
                report.findings.kept.map { finding in
                    .object([
                        "position": finding.position.map { .string(String($0.rawValue)) } ?? .null,
                        "reason": .string(finding.reason),
                    ])
                }),
            "first_position": report.findings.firstPosition.map { .string(String($0.rawValue)) } ?? .null,
            "from": .string(String(report.from.rawValue)),
            "restorations": .array(report.restorations.map { .object(encode($0)) }),
            "root": .string(report.root.hex),
            "sealed": .object([
                "destroyed": .string(String(report.seals.destroyed)), "opened": .string(String(report.seals.opened)),
                "unopened": .string(String(report.seals.unopened)),
            ]),
            "signer": .string(report.signer), "size": .string(String(report.size)),
            "streams": .string(String(report.streams)),
            "unchecked": .array(report.unchecked.map { .string($0) }), "valid": .bool(report.isGood),
        ]
    }
}
