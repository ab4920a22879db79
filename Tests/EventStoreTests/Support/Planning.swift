import Foundation
import Testing
import TransparencyLog

@testable import EventStore

/// A planner of an empty log that knows no database: every stream is new.
struct Planning {
    static let origin = "log.test/planning"
    static let start = EventTime(microseconds: 1_800_000_000_000_000)
    let tenant = TenantID.random()
    var planner: BatchPlanner<Counter>

    init(limits: SequencerLimits = SequencerLimits()) {
        planner = BatchPlanner(
            origin: Self.origin,
            head: LogHead(
                epoch: 0, tree: CompactRange(), root: MerkleTree.emptyRoot, recordedAt: EventTime(microseconds: 0),
                signer: "", checkpoint: ""),
            limits: limits, random: .system)
    }

    mutating func plan(_ commands: [Command<Counter>], now: EventTime = start) -> Plan<Counter> {
        for key in planner.missingStreams(of: commands) {
            planner.loaded(StreamEntry(version: .none, state: nil), for: key)
        }
        return planner.plan(commands, now: now)
    }

    @discardableResult
    mutating func commit(_ commands: [Command<Counter>], now: EventTime = start) -> Plan<Counter> {
        let plan = plan(commands, now: now)
        planner.committed(plan)
        return plan
    }
}

extension Plan<Counter> {
    /// Answers as text; a refusal is what was thrown.
    var answers: [String] {
        results.map { result in
            switch result {
            case .success(let accepted): accepted.text + (accepted.isReplay ? " again" : "")
            case .failure(let error): "\(error)"
            }
        }
    }

    var positions: [Int64?] {
        results.map { if case .success(let accepted) = $0 { accepted.position?.rawValue } else { nil } }
    }
}
