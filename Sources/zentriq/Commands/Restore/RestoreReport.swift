import Billing
import CanonicalJSON
import EventStore
import Gateway
import Restoration
import Retention

/// How a database stands to its ledger, for people and for programs.
struct RestoreReport {
    let standing: Standing
    let size: Int64
    let ledgerSize: Int64
    let entryCount: Int
    /// Nil where nothing was lost.
    let lost: (from: LogPosition, plan: RestorePlan)?

    init(_ standing: Standing, _ ledger: Ledger?, _ gate: RestoreGate, _ platform: Platform) async throws {
        self.standing = standing
        size = try await platform.reader.exists() ? platform.reader.head().nextPosition.rawValue : 0
        ledgerSize = ledger?.size ?? 0
        entryCount = ledger?.entries.count ?? 0
        guard let ledger, !standing.isOpen else {
            lost = nil
            return
        }
        let from = try await gate.firstDifference(standing, to: ledger)
        lost = (
            from,
            try await Restorer.plan(
                ledger, from: from, reader: platform.reader, erasures: platform.erasures,
                clock: platform.configuration.clock)
        )
    }

    var text: String {
        var lines = [
            "log       \(size) events", "ledger    \(ledgerSize) events, \(entryCount) entries, all of them hold",
        ]
        switch standing {
        case .beginning: lines.append("standing  both are empty: the service may open")
        case .current(let ahead): lines.append("standing  the log is \(ahead) events ahead: the service may open")
        case .behind(let size, let ledger):
            lines.append("standing  the log is \(ledger - size) events BEHIND its ledger")
        case .otherHistory: lines.append("standing  the log is NOT WHAT IT WAS when the ledger was written")
        case .applying: lines.append("standing  what was lost is being applied again, and not complete")
        }
        guard let lost else { return lines.joined(separator: "\n") }
        lines.append("lost      what was appended from position \(lost.from.rawValue) on")
        lines += lost.plan.steps.map { "AGAIN     \($0.words)" }
        if lost.plan.sweeps > 0 { lines.append("AGAIN     a sweep: \(lost.plan.sweeps) certificates were lost") }
        return lines.joined(separator: "\n")
    }

    var object: JSONObject {
        var object: JSONObject = [
            "entries": .string(String(entryCount)), "ledger_size": .string(String(ledgerSize)),
            "may_open": .bool(standing.isOpen), "size": .string(String(size)), "standing": .string(standing.name),
        ]
        if let lost {
            object["from"] = .string(String(lost.from.rawValue))
            object["steps"] = .array(lost.plan.steps.map { .object($0.object) })
            object["sweeps"] = .string(String(lost.plan.sweeps))
        }
        return object
    }
}

extension Standing {
    fileprivate var name: String {
        switch self {
        case .beginning: "empty"
        case .current: "current"
        case .behind: "behind"
        case .otherHistory: "other_history"
        case .applying: "applying"
        }
    }
}

extension RestorePlan.Step {
    /// What is to be done, on one line.
    var words: String {
        switch action {
        case .adopt(let policy): "adopt version \(policy.version) of the retention policy"
        case .place(let hold): "place the hold \(hold.id.lowercaseText): \(hold.reason)"
        case .release(let release): "release the hold \(release.hold.lowercaseText): \(release.reason)"
        case .erase(let lost):
            "erase \(lost.begun.subject.map { "the person \($0.rawValue.lowercaseText)" } ?? "everybody") of the tenant "
                + "\(lost.begun.tenant.rawValue.lowercaseText), up to \(lost.process.stage?.name ?? "its beginning"): "
                + "erasure \(lost.begun.request.lowercaseText)"
        }
    }

    var object: JSONObject {
        var object: JSONObject = ["lost_position": .string(String(position.rawValue))]
        switch action {
        case .adopt(let policy):
            object["action"] = .string("adopt_policy")
            object["version"] = .string(String(policy.version))
        case .place(let hold):
            object["action"] = .string("place_hold")
            object["hold_id"] = .string(hold.id.lowercaseText)
        case .release(let release):
            object["action"] = .string("release_hold")
            object["hold_id"] = .string(release.hold.lowercaseText)
        case .erase(let lost):
            object["action"] = .string("erase")
            object["request"] = .string(lost.begun.request.lowercaseText)
            object["stage"] = lost.process.stage.map { .string($0.name) }
            object["subject"] = lost.begun.subject.map { .string($0.rawValue.lowercaseText) }
            object["tenant_id"] = .string(lost.begun.tenant.rawValue.lowercaseText)
        }
        return object
    }
}
