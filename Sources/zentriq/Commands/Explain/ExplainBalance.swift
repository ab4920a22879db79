import ArgumentParser
import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
import Gateway
import Postgres
import Projections

struct ExplainBalance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "balance",
        abstract: "Show every grant, debit, refund, hold and expiry that makes a balance.",
        discussion: """
            Adds them up, folds them with the code that decides on debits, and compares both with the balance that is \
            kept for decisions. Exits with 2 if they differ.
            """)

    @Option(help: "The customer.", transform: uuidArgument) var tenant: UUID
    @Option(help: "punchout or agent.") var product: String
    @Option(help: "A time (RFC 3339) or a position: the balance of that moment.") var asOf: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        guard let product = Product(rawValue: product) else {
            throw ValidationError("--product is one of \(Product.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        let moment = try momentArgument(asOf)
        try await reportingFailure {
            let pool = try Environment.pool(.auditor)
            let reader = LogReader(log: LogID(1), origin: Environment.readOrigin(), pool: pool)
            let explanation = try await BalanceExplainer(reader: reader, clock: .system)
                .explain(product, of: TenantID(tenant), at: moment)
            await pool.close()
            if json {
                printCanonical(explanation.json)
            } else {
                for line in explanation.text { print(line) }
            }
            if !explanation.holds { throw ExitCode.findings }
        }
    }
}

extension BalanceExplanation {
    fileprivate var text: [String] {
        let header = ["POSITION", "TIME", "KIND", "UNITS", "CHANGE", "BALANCE", "HELD", "REFERENCE"]
        let rows = lines.map { line in
            [
                String(line.position.rawValue), line.time.text, line.kind, String(line.units),
                line.change > 0 ? "+\(line.change)" : String(line.change), String(line.balance), String(line.held),
                line.reference ?? "",
            ]
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        let table = ([header] + rows).map { row in
            zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
                .trimmingCharacters(in: .whitespaces)
        }
        var end = [
            "sum        \(sum)",
            "folded     \(folded.balance.rawValue): at \(RFC3339.format(microseconds: time.microseconds)) "
                + "posted \(folded.posted(at: time).rawValue), held \(folded.held(at: time).rawValue), "
                + "available \(folded.available(at: time).rawValue)",
            "inline     \(inline.map { String($0.rawValue) } ?? "none"), now",
        ]
        end += contradictions.map { "FINDING    \($0)" }
        if holds {
            end.append(
                "The sum equals the fold; all events of the account fold to its inline balance, "
                    + "\((newest ?? .zero).rawValue).")
        }
        return table + end
    }

    fileprivate var json: JSONValue {
        .object([
            "as_of": .string(RFC3339.format(microseconds: time.microseconds)),
            "available": text(folded.available(at: time).rawValue), "equal": .bool(holds),
            "findings": .array(contradictions.map { .string($0) }), "folded": text(folded.balance.rawValue),
            "held": text(folded.held(at: time).rawValue), "inline": inline.map { text($0.rawValue) } ?? .null,
            "lines": .array(
                lines.map { line in
                    .object([
                        "balance": text(line.balance), "change": text(line.change), "held": text(line.held),
                        "kind": .string(line.kind), "position": text(line.position.rawValue),
                        "reference": line.reference.map(JSONValue.string) ?? .null,
                        "time": .string(line.time.text), "units": text(line.units),
                    ])
                }),
            "posted": text(folded.posted(at: time).rawValue), "stream": .string(account.stream.name),
            "sum": text(sum), "tenant": .string(account.tenant.rawValue.lowercaseText),
        ])
    }

    private func text(_ value: Int64) -> JSONValue { .string(String(value)) }
}
