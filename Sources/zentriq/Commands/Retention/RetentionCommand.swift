import ArgumentParser
import AuditLog
import Billing
import EventStore
import Gateway
import Postgres
import Retention

struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "How long events are kept: the policy, holds, what is due.",
        subcommands: [PolicyCommand.self, PlanCommand.self, HoldCommand.self])
}

/// The log's register of policies and holds, for one command: read with the gateway's role, written like everything
/// else.
enum RetentionAccess {
    static let requester = Requester(actor: nil, request: nil)

    static func reading<Value>(_ body: (LogReader) async throws -> Value) async throws -> Value {
        try await PlatformAccess.reading { try await body($0.reader) }
    }

    static func writing(_ body: (CreditLedger, LogReader) async throws -> Void) async throws {
        try await PlatformAccess.writing { try await body($0.ledger, $0.reader) }
    }

    static func sweeper() throws -> Sweeper {
        let development = !Environment.isProduction
        return Sweeper(
            log: LogID(1), signer: try LogKey.signer(development: development),
            configuration: try Environment.settings.database(.retention, development: development), clock: .system,
            logger: Environment.quietLogger)
    }
}

/// Reads an argument that is a day.
func dayArgument(_ text: String) throws -> CivilDay {
    guard let day = CivilDay(text) else { throw ValidationError("'\(text)' is no day such as 2026-05-01.") }
    return day
}

/// Reads an argument that is a retention class.
func classArgument(_ text: String) throws -> RetentionClass {
    guard let retention = RetentionClass(rawValue: text) else {
        let names = RetentionClass.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("'\(text)' is no retention class; there are \(names).")
    }
    return retention
}
