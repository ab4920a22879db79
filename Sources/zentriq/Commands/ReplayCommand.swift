import ArgumentParser
import Billing
import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
import Gateway
import Postgres
import Projections
import TransparencyLog

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Read the log from its first event, check every row, and show the balances and captures it gives.",
        discussion: """
            Without --as-of the whole log is read and its root compared with that of the head. \
            What is sealed is opened with the key-encryption key in ZENTRIQ_KEK_FOLDER. \
            Exits with 2 if anything contradicts the log.
            """)

    @Option(help: "A time (RFC 3339) or a position: the balances and captures of that moment.")
    var asOf: String?

    @Option(help: "Show only this tenant.", transform: uuidArgument)
    var tenant: UUID?

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let moment = try momentArgument(asOf)
        try await reportingFailure {
            let keys = try await KeyEncryption.subjectKeysIfAny()
            let pool = try Environment.pool(.auditor)
            let progress = ProgressLine("replaying", unit: "events")
            let replay = Replay(log: LogID(1), origin: Environment.readOrigin(), pool: pool, keys: keys)
            let report = try await replay.run(until: moment) {
                progress.show($0.position.rawValue, of: $0.size.rawValue)
            }
            progress.finish()
            await pool.close()
            let accounts = report.accounts.filter { tenant == nil || $0.key.tenant.rawValue == tenant }
                .sorted { Self.sortKey($0.key) < Self.sortKey($1.key) }
            let captures = report.captures.filter { tenant == nil || $0.key.tenant.rawValue == tenant }
                .sorted { Self.sortKey($0.key) < Self.sortKey($1.key) }
            if json {
                printCanonical(Self.encode(report, accounts, captures))
            } else {
                print("events   \(report.events)")
                print("root     \(report.root.hex)\(report.isComplete ? ", compared with the head" : "")")
                for (key, state) in accounts {
                    print(
                        "account  \(key.tenant.rawValue.lowercaseText) \(key.stream.name): balance "
                            + "\(state.balance.rawValue) = \(state.totals.granted) granted - \(state.totals.debited) debited "
                            + "+ \(state.totals.refunded) refunded - \(state.totals.expired) expired")
                }
                for (key, captures) in captures {
                    print(
                        "captures \(key.tenant.rawValue.lowercaseText) \(key.stream.name): \(captures.count), "
                            + "digest \(captures.root.hex)")
                }
                if report.closed > 0 {
                    print(
                        "sealed   \(report.closed) events could not be opened; captures of their streams are left out")
                }
                for finding in report.findings { print("FINDING  \(finding)") }
                if report.findings.isEmpty { print("No row contradicts the log.") }
            }
            if !report.findings.isEmpty { throw ExitCode.findings }
        }
    }

    private static func sortKey(_ key: StreamKey) -> (String, String) {
        (key.tenant.rawValue.lowercaseText, key.stream.name)
    }

    private static func encode(
        _ report: Replay.Report, _ accounts: [(key: StreamKey, value: AccountState)],
        _ captures: [(key: StreamKey, value: CaptureDigest)]
    ) -> JSONValue {
        .object([
            "accounts": .array(
                accounts.map { key, state in
                    .object([
                        "balance": .string(String(state.balance.rawValue)),
                        "debited": .string(String(state.totals.debited)),
                        "expired": .string(String(state.totals.expired)),
                        "granted": .string(String(state.totals.granted)),
                        "refunded": .string(String(state.totals.refunded)),
                        "stream": .string(key.stream.name),
                        "tenant": .string(key.tenant.rawValue.lowercaseText),
                    ])
                }),
            "captures": .array(
                captures.map { key, captures in
                    .object([
                        "count": .string(String(captures.count)), "digest": .string(captures.root.hex),
                        "stream": .string(key.stream.name), "tenant": .string(key.tenant.rawValue.lowercaseText),
                    ])
                }),
            "closed": .string(String(report.closed)), "complete": .bool(report.isComplete),
            "events": .string(String(report.events)),
            "findings": .array(report.findings.map { .string($0) }), "root": .string(report.root.hex),
        ])
    }
}
