import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

@Suite("Several sequencers on one log", .serialized, .timeLimit(.minutes(10)))
struct CompetingSequencerTests {
    private let tenant = TenantID.random()

    @Test(
        "every command of every sequencer is in the log exactly once, at the second try at the latest",
        arguments: [2, 3])
    func allAtOnce(count: Int) async throws {
        let log = try await TestLog.make()
        var limits = SequencerLimits()
        // The first try may lose the race; the second holds the lock.
        limits.attempts = 2
        let sequencers = try (0..<count).map { _ in try log.sequencer(limits: limits) }
        let accepted = try await log.running(sequencers) {
            try await withThrowingTaskGroup(of: [Accepted].self) { group in
                for (index, sequencer) in sequencers.enumerated() {
                    for task in 0..<10 {
                        group.addTask {
                            var accepted: [Accepted] = []
                            for number in 0..<20 {
                                accepted.append(
                                    try await sequencer.submit(
                                        .add(to: "\(number % 3)", of: tenant, key: "\(index)-\(task)-\(number)")))
                            }
                            return accepted
                        }
                    }
                }
                return try await group.reduce(into: [], +=)
            }
        }
        let events = try await log.expectSound()
        #expect(events.count == count * 200)
        #expect(Set(accepted.compactMap(\.position)) == Set(events.map(\.position)))
    }

    @Test("the same keys sent to all of them append once, and everybody gets the same answers")
    func sameKeys() async throws {
        let log = try await TestLog.make()
        let sequencers = try (0..<3).map { _ in try log.sequencer() }
        let accepted = try await log.running(sequencers) {
            try await withThrowingTaskGroup(of: (Int, Accepted).self) { group in
                for number in 0..<100 {
                    for sequencer in sequencers {
                        group.addTask {
                            (number, try await sequencer.submit(.add(Int64(number), of: tenant, key: "\(number)")))
                        }
                    }
                }
                return try await group.reduce(into: [Int: [Accepted]]()) { $0[$1.0, default: []].append($1.1) }
            }
        }
        #expect(try await log.expectSound().count == 100)
        for answers in accepted.values {
            #expect(answers.count == 3 && answers.count { !$0.isReplay } == 1)
            #expect(Set(answers.map(\.response)).count == 1 && Set(answers.map(\.position)).count == 1)
        }
    }

    @Test("none spends what another has spent: a balance for 50 is spent 50 times, whoever asks")
    func oneBalance() async throws {
        let log = try await TestLog.make()
        let sequencers = try (0..<3).map { _ in try log.sequencer() }
        let spent = try await log.running(sequencers) {
            _ = try await sequencers[0].submit(.add(50, of: tenant))
            return try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<90 {
                    group.addTask {
                        do {
                            _ = try await sequencers[number % 3].submit(.add(-1, of: tenant))
                            return true
                        } catch is TooLittle { return false }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
        }
        #expect(spent == 50)
        #expect(try await log.expectSound().count == 51)
    }

    @Test("what one has acknowledged the others know, also when all they do is refuse")
    func staleRefusal() async throws {
        let log = try await TestLog.make()
        let sequencers = try (0..<2).map { _ in try log.sequencer() }
        try await log.running(sequencers) {
            for value in [0, 5, 2] as [Int64] {
                // Now the second knows the balance, and has nothing to append that would tell it otherwise.
                await #expect(throws: TooLittle(value: value)) {
                    try await sequencers[1].submit(.add(-10, of: tenant, key: "refused"))
                }
                if value == 0 { _ = try await sequencers[0].submit(.add(5, of: tenant)) }
                if value == 5 {
                    #expect(try await sequencers[1].submit(.add(-3, of: tenant)).text == #"{"value":"2"}"#)
                }
            }
            _ = try await sequencers[0].submit(.add(8, of: tenant))
            #expect(try await sequencers[1].submit(.add(-10, of: tenant)).text == #"{"value":"0"}"#)
            // The key of a refusal is free, and the other's use of it known.
            _ = try await sequencers[0].submit(.add(1, of: tenant, key: "shared"))
            let replay = try await sequencers[1].submit(.add(1, of: tenant, key: "shared"))
            #expect(replay.isReplay && replay.text == #"{"value":"1"}"#)
        }
        try await log.expectSound()
    }

    @Test("a claim that one has taken is taken for the others")
    func claims() async throws {
        let log = try await TestLog.make()
        let sequencers = try (0..<3).map { _ in try log.sequencer() }
        let holders = try await log.running(sequencers) {
            try await withThrowingTaskGroup(of: LogPosition?.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        do {
                            return try await sequencers[number % 3].submit(
                                .add(of: tenant, key: "\(number)", claim: "c")
                            ).position
                        } catch let taken as Taken { return taken.holder }
                    }
                }
                return try await group.reduce(into: Set<LogPosition?>()) { $0.insert($1) }
            }
        }
        #expect(holders == [LogPosition(0)])
        #expect(try await log.expectSound().count == 1)
    }

    @Test("a writer that stops while it holds the head is put out by the server, and the others go on")
    func stoppedWithLock() async throws {
        let log = try await TestLog.make()
        var limits = SequencerLimits()
        limits.lockSeconds = 1
        let thread = ConnectionThread(name: "stopped")
        let (stopped, head) = try await LogWriter<Counter>.connect(
            log: log.log, signer: log.signer, configuration: try log.configuration(.gateway), thread: thread,
            limits: limits)
        let command = Command<Counter>.add(of: tenant, key: "k")
        let stream = StreamKey(tenant, StreamID(counter: "a"))
        _ = try await stopped.perform(.lock([stream], command.outcomeKeys))
        var planner = BatchPlanner<Counter>(origin: log.origin, head: head, limits: limits, random: .system)
        planner.loaded(StreamEntry(version: .none, state: nil), for: stream)
        let plan = planner.plan([command], now: .test)
        let accepted = try await log.withSequencer { try await $0.submit(command) }
        #expect(!accepted.isReplay)
        await #expect(throws: PostgresError.self) { try await stopped.perform(.append(plan.batch)) }
        await stopped.close()
        #expect(try await log.expectSound().count == 1)
    }
}
