import Foundation
import Testing
import TransparencyLog

@testable import EventStore

/// Each step of a path, as text that tells what matters.
@Suite("Write path")
struct WritePathTests {
    private typealias Path = WritePath<Counter>
    private static let start = ContinuousClock.now
    private let tenant = TenantID.random()

    private static var head: LogHead {
        LogHead(
            epoch: 1, tree: CompactRange(), root: MerkleTree.emptyRoot, recordedAt: EventTime(microseconds: 0),
            signer: "", checkpoint: "")
    }

    /// A path that was told these events, each so many seconds after the start, and what it wants now.
    private func path(
        _ events: [(Path.Event, at: Int)], attempts: Int = 4
    ) -> (path: Path, action: Path.Action) {
        var limits = SequencerLimits()
        limits.attempts = attempts
        var path = Path(origin: "log.test/path", limits: limits, random: .system)
        var action = path.start()
        for (event, seconds) in events {
            action = path.handle(
                event, at: Path.Moment(wall: Planning.start, steady: Self.start + .seconds(seconds)))
        }
        return (path, action)
    }

    private func taken(_ commands: [Command<Counter>]) -> [(Path.Event, at: Int)] {
        [(.connected(Self.head), 0), (.taken(commands), 0), (.loaded([StreamEntry(version: .none, state: nil)]), 0)]
    }

    private let lost = Path.Event.failed(.connectionLost(mayHaveHappened: true))

    @Test("without a connection it tries again between batches, and stops only when no more commands are taken")
    func unreachable() {
        guard case .connect(afterPause: true) = path([(.unreachable(nil), 9_999)]).action else {
            return #expect(Bool(false), "it does not try again")
        }
        for closing in [Path.Closing.gracefully, .cancelled] {
            guard case .stop = path([(.unreachable(closing), 0)]).action else {
                return #expect(Bool(false), "it goes on")
            }
        }
    }

    @Test("an append in doubt is asked for as long as there is time, also when no more commands are taken")
    func settles() {
        let inDoubt = taken([.add(of: tenant)]) + [(lost, 0)]
        guard case .connect(afterPause: false) = path(inDoubt).action,
            case .connect(afterPause: true) = path(inDoubt + [(.unreachable(.gracefully), 1)]).action,
            case .ask(.settle) = path(inDoubt + [(.unreachable(nil), 1), (.connected(Self.head), 3)]).action
        else { return #expect(Bool(false), "it does not settle") }
    }

    @Test("an append in doubt whose time is up, or whose task is cancelled, is unknown")
    func unknown() {
        let inDoubt = taken([.add(of: tenant)]) + [(lost, 0)]
        let ends: [[(Path.Event, at: Int)]] = [
            [(.unreachable(nil), 2)], [(.unreachable(.cancelled), 0)],
            [(.connected(Self.head), 1), (.failed(.passing), 2)],
        ]
        for end in ends {
            guard case .refuse(0..<1, .outcomeUnknown) = path(inDoubt + end).action else {
                return #expect(Bool(false), "it was settled")
            }
        }
    }

    @Test("an append that certainly was not carried out is tried again, locked, so many times and no longer")
    func attempts() {
        let notSent = taken([.add(of: tenant)]) + [(.failed(.passing), 0)]
        guard case .ask(.lock) = path(notSent, attempts: 2).action,
            case .refuse(0..<1, .unavailable) = path(notSent, attempts: 1).action,
            case .refuse(0..<1, .unavailable) = path(notSent + [(.failed(.passing), 2)]).action
        else { return #expect(Bool(false), "not tried as often as it should be") }
    }

    @Test("what the database won't store is tried one by one, each with time of its own")
    func oneByOne() {
        let refused = taken([.add(of: tenant), .add(2, of: tenant)]) + [(.failed(.data), 1)]
        let first = path(refused + [(.failed(.data), 2)])
        guard case .ask(.append(let batch)) = path(refused).action, batch.events.count == 1,
            case .refuse(0..<1, .unavailable) = first.action,
            case .ask(.append(let second)) = path(refused + [(.failed(.data), 2), (.answered, 2)]).action
        else { return #expect(Bool(false), "not one by one") }
        #expect(second.events.data == Counter.data(2))
        let end = path(refused + [(.failed(.data), 2), (.answered, 2), (.appended(.appended), 2), (.answered, 2)])
        guard case .take = end.action else { return #expect(Bool(false), "it does not go on") }
    }

    @Test("a missing partition is made also when the time is up: without it no later batch would go through either")
    func latePartition() {
        let late = taken([.add(of: tenant)]) + [(.failed(.missingPartition), 9)]
        guard case .ask(.makePartitions(Planning.start)) = path(late).action,
            case .ask(.lock) = path(late + [(.partitionsMade, 9)]).action,
            case .refuse(0..<1, .unavailable) = path(late + [(.failed(.passing), 9)]).action,
            case .refuse(0..<1, .unavailable) = path(late + [(.partitionsMade, 9)], attempts: 1).action
        else { return #expect(Bool(false), "not made") }
    }
}
