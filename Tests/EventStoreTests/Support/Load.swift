import Synchronization
import Testing

@testable import EventStore

/// Something that lasts until it is over.
final class Stage: Sendable {
    private let state = Atomic<Bool>(false)

    var isOver: Bool { state.load(ordering: .acquiring) }

    func finish() { state.store(true, ordering: .releasing) }
}

/// Commands that can be told apart in the log: each adds an amount of its own.
struct Load: Sendable {
    private static let lastAmount = Atomic<Int64>(0)

    let log: TestLog
    let tenant: TenantID

    struct Outcome: Sendable {
        let amount: Int64
        let result: Result<Accepted, LogError>
    }

    /// Submits one after the other in each task, until done; a command that fails is left for later.
    func run(
        on sequencer: Sequencer<Counter>, tasks: Int, isKeyed: Bool, until isDone: @escaping @Sendable () -> Bool
    ) async throws -> [Outcome] {
        try await withThrowingTaskGroup(of: [Outcome].self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var outcomes: [Outcome] = []
                    while !isDone(), !Task.isCancelled {
                        let amount = Self.lastAmount.add(1, ordering: .relaxed).newValue
                        do {
                            let accepted = try await sequencer.submit(command(amount, task: task, isKeyed: isKeyed))
                            outcomes.append(Outcome(amount: amount, result: .success(accepted)))
                        } catch let error as LogError {
                            outcomes.append(Outcome(amount: amount, result: .failure(error)))
                            // Unavailable is said at once: don't turn it into a busy loop.
                            try await Task.sleep(for: .milliseconds(10))
                        }
                    }
                    return outcomes
                }
            }
            return try await group.reduce(into: [], +=)
        }
    }

    private func command(_ amount: Int64, task: Int = 0, isKeyed: Bool) -> Command<Counter> {
        .add(amount, to: "\(amount % 5)", of: tenant, key: isKeyed ? "\(amount)" : nil)
    }

    /// Acknowledged: in the log once, where it was said. Not acknowledged, without a key: at most once, and not at all
    /// unless the outcome was said to be unknown. With a key: exactly once after a retry.
    func expectExactlyOnce(
        keyed: [Outcome], unkeyed: [Outcome], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let counted = try await counts()
        for outcome in keyed + unkeyed {
            let count = counted[outcome.amount]?.count ?? 0
            switch outcome.result {
            case .success(let accepted):
                #expect(counted[outcome.amount] == [accepted.position], sourceLocation: sourceLocation)
            case .failure(.outcomeUnknown): #expect(count <= 1, sourceLocation: sourceLocation)
            case .failure(let error):
                #expect(error == .unavailable, sourceLocation: sourceLocation)
                #expect(count == 0, sourceLocation: sourceLocation)
            }
        }
        try await log.withSequencer { sequencer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for outcome in keyed {
                    group.addTask {
                        let again = try await sequencer.submit(command(outcome.amount, isKeyed: true))
                        guard case .success(let first) = outcome.result else { return }
                        #expect(again.isReplay && again.response == first.response, sourceLocation: sourceLocation)
                    }
                }
                try await group.waitForAll()
            }
        }
        let settled = try await counts()
        #expect(keyed.allSatisfy { settled[$0.amount]?.count == 1 }, sourceLocation: sourceLocation)
        #expect(settled.values.allSatisfy { $0.count == 1 }, sourceLocation: sourceLocation)
        let acknowledged = (keyed + unkeyed).count { if case .success = $0.result { true } else { false } }
        print(
            "load: \(keyed.count) keyed, \(unkeyed.count) unkeyed, \(acknowledged) acknowledged,",
            "\((keyed + unkeyed).count { if case .failure(.outcomeUnknown) = $0.result { true } else { false } }) unknown"
        )
    }

    /// Where each amount stands in the log.
    private func counts() async throws -> [Int64: [LogPosition?]] {
        try await log.expectSound().reduce(into: [:]) { counts, event in
            counts[try Counter.fold([event]), default: []].append(event.position)
        }
    }
}
