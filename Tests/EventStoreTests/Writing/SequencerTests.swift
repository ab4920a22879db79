import Foundation
import Postgres
import PostgresTesting
import ServiceLifecycle
import Testing

@testable import EventStore

@Suite("Sequencer", .serialized, .timeLimit(.minutes(10)))
struct SequencerTests {
    private let tenant = TenantID.random()

    @Test("1,000 commands of 50 tasks: every one in the log once, positions and versions without gaps, the root right")
    func manyTasks() async throws {
        let log = try await TestLog.make()
        let accepted = try await log.withSequencer { sequencer in
            try await withThrowingTaskGroup(of: [Accepted].self) { group in
                for task in 0..<50 {
                    group.addTask {
                        var accepted: [Accepted] = []
                        for number in 0..<20 {
                            accepted.append(
                                try await sequencer.submit(
                                    .add(to: "\(number % 7)", of: tenant, key: "\(task)-\(number)")))
                        }
                        return accepted
                    }
                }
                return try await group.reduce(into: [], +=)
            }
        }
        let events = try await log.expectSound()
        #expect(events.count == 1_000)
        #expect(Set(accepted.compactMap(\.position)) == Set(events.map(\.position)))
        #expect(accepted.allSatisfy { !$0.isReplay })
        #expect(log.signal.size == 1_000)
    }

    @Test("a retry after a restart gets the same bytes and appends nothing")
    func retryAfterRestart() async throws {
        let log = try await TestLog.make()
        let commands = (0..<5).map { Command<Counter>.add(2, of: tenant, key: "\($0)") }
        func all() async throws -> [Accepted] {
            try await log.withSequencer { sequencer in
                var accepted: [Accepted] = []
                for command in commands { accepted.append(try await sequencer.submit(command)) }
                return accepted
            }
        }
        let (first, second) = (try await all(), try await all())
        #expect(first.map(\.response) == second.map(\.response))
        #expect(first.map(\.position) == second.map(\.position))
        #expect(second.allSatisfy { $0.isReplay })
        #expect(try await log.expectSound().count == 5)
    }

    @Test("a retry after a restart gets the first answer even if the command would now be refused")
    func retryOfWhatIsNowImpossible() async throws {
        let log = try await TestLog.make()
        let spend = Command<Counter>.add(-5, of: tenant, key: "spend", claim: "c")
        let first = try await log.withSequencer { sequencer in
            _ = try await sequencer.submit(.add(5, of: tenant))
            return try await sequencer.submit(spend)
        }
        try await log.withSequencer { sequencer in
            let again = try await sequencer.submit(spend)
            #expect(again.isReplay && again.response == first.response && again.position == first.position)
        }
        try await log.withSequencer { sequencer in
            // In one batch with commands that append, and after the stream's state is known.
            _ = try await sequencer.submit(.add(1, of: tenant))
            await #expect(throws: LogError.keyReused) {
                try await sequencer.submit(.add(-5, of: tenant, key: "spend", request: "another"))
            }
            await #expect(throws: Taken(holder: LogPosition(1))) {
                try await sequencer.submit(.add(-5, of: tenant, key: "other", claim: "c"))
            }
            await #expect(throws: TooLittle(value: 1)) {
                try await sequencer.submit(.add(-5, of: tenant, key: "a third"))
            }
        }
        #expect(try await log.expectSound().count == 3)
    }

    @Test("a command that finds nothing to do is answered, keeps no key, and replays if its key was used before")
    func nothingToDo() async throws {
        let log = try await TestLog.make()
        try await log.withSequencer { sequencer in
            _ = try await sequencer.submit(.add(5, of: tenant, key: "used"))
        }
        try await log.withSequencer { sequencer in
            let nothing = try await sequencer.submit(.add(0, of: tenant, key: "free", events: 0))
            #expect(nothing.position == nil && !nothing.isReplay && nothing.text == #"{"value":"5"}"#)
            let replay = try await sequencer.submit(.add(5, of: tenant, key: "used", events: 0))
            #expect(replay.isReplay && replay.position?.rawValue == 0)
            #expect(try await sequencer.submit(.add(5, of: tenant, key: "free")).isReplay == false)
        }
        #expect(try await log.expectSound().count == 2)
    }

    @Test("of 200 at once with one key, one appends and all get its answer")
    func oneKey() async throws {
        let log = try await TestLog.make()
        let accepted = try await log.withSequencer { sequencer in
            try await withThrowingTaskGroup(of: Accepted.self) { group in
                for _ in 0..<200 { group.addTask { try await sequencer.submit(.add(of: tenant, key: "k")) } }
                return try await group.reduce(into: [Accepted]()) { $0.append($1) }
            }
        }
        #expect(accepted.count { !$0.isReplay } == 1)
        #expect(Set(accepted.map(\.response)).count == 1)
        #expect(accepted.allSatisfy { $0.position?.rawValue == 0 })
        #expect(try await log.expectSound().count == 1)
    }

    @Test("a full queue refuses at once; what it holds is carried out")
    func fullQueue() async throws {
        let log = try await TestLog.make()
        var limits = SequencerLimits()
        limits.queuedCommands = 10
        try await log.withSequencer(limits: limits) { sequencer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await log.holdingHead {
                    group.addTask { _ = try await sequencer.submit(.add(of: tenant)) }
                    try await log.use(.superuser) { try await log.untilBlocked(1, on: $0) }
                    for _ in 0..<10 { group.addTask { _ = try await sequencer.submit(.add(of: tenant)) } }
                    try await until { sequencer.mailbox.depth == 10 }
                    await #expect(throws: LogError.overloaded(retryAfterSeconds: 1)) {
                        try await sequencer.submit(.add(of: tenant))
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(try await log.expectSound().count == 11)
    }

    @Test("graceful shutdown carries out what is queued, refuses what comes later, and ends")
    func gracefulShutdown() async throws {
        let log = try await TestLog.make()
        let sequencer = try log.sequencer()
        let services = ServiceGroup(services: [sequencer], logger: TestLog.quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            try await until { sequencer.isOpen }
            try await log.holdingHead {
                group.addTask { _ = try await sequencer.submit(.add(of: tenant)) }
                try await log.use(.superuser) { try await log.untilBlocked(1, on: $0) }
                for _ in 0..<30 { group.addTask { _ = try await sequencer.submit(.add(of: tenant)) } }
                try await until { sequencer.mailbox.depth == 30 }
                await services.triggerGracefulShutdown()
                try await until { sequencer.mailbox.isClosed }
                await #expect(throws: LogError.stopped) { try await sequencer.submit(.add(of: tenant)) }
            }
            try await group.waitForAll()
        }
        #expect(!sequencer.isOpen)
        #expect(try await log.expectSound().count == 31)
    }

    @Test("cancelled in the middle of a batch, it answers everybody and ends")
    func cancelled() async throws {
        let log = try await TestLog.make()
        let sequencer = try log.sequencer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let running = Task { try await sequencer.run() }
            try await until { sequencer.isOpen }
            try await log.holdingHead {
                for number in 0..<30 {
                    group.addTask {
                        await #expect(throws: LogError.self) {
                            try await sequencer.submit(.add(of: tenant, key: "\(number)"))
                        }
                    }
                    if number == 0 { try await log.use(.superuser) { try await log.untilBlocked(1, on: $0) } }
                }
                try await until { sequencer.mailbox.depth == 29 }
                running.cancel()
                try await running.value
            }
            try await group.waitForAll()
        }
        #expect(try await log.expectSound().isEmpty)
    }

    @Test("cancelling the caller does not take the command back")
    func callerCancelled() async throws {
        let log = try await TestLog.make()
        try await log.withSequencer { sequencer in
            let caller = try await log.holdingHead {
                let caller = Task { try await sequencer.submit(.add(of: tenant)) }
                try await log.use(.superuser) { try await log.untilBlocked(1, on: $0) }
                caller.cancel()
                return caller
            }
            #expect(try await caller.value.position?.rawValue == 0)
        }
        #expect(try await log.expectSound().count == 1)
    }

    @Test("a command that the database cannot store is refused alone, not with its batch")
    func oneBadCommand() async throws {
        let log = try await TestLog.make()
        let stream = StreamID(counter: "a")
        let bad: [[UInt8]] = [[0xFF], [0x00]]
        try await log.withSequencer { sequencer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await log.holdingHead {
                    group.addTask { _ = try await sequencer.submit(.add(of: tenant)) }
                    try await log.use(.superuser) { try await log.untilBlocked(1, on: $0) }
                    for number in 0..<40 {
                        group.addTask {
                            _ = try await sequencer.submit(.add(of: tenant, key: "\(number)"))
                        }
                    }
                    for data in bad {
                        group.addTask {
                            await #expect(throws: LogError.unavailable) {
                                try await sequencer.submit(
                                    .custom(of: tenant, streams: [stream]) { draft in
                                        draft.append(NewEvent(.added, data: data), to: stream)
                                        return []
                                    })
                            }
                        }
                    }
                    try await until { sequencer.mailbox.depth == 42 }
                }
                try await group.waitForAll()
            }
        }
        #expect(try await log.expectSound().count == 41)
    }

    @Test("a stream whose stored state cannot be read takes only its own commands down")
    func damagedState() async throws {
        let log = try await TestLog.make()
        try await log.withSequencer { _ = try await $0.submit(.add(to: "damaged", of: tenant)) }
        try await log.use(.owner) { owner in
            _ = try await owner.query(
                "UPDATE zentriq.streams SET state = '{}' WHERE log_id = $1", [.int4(log.log.rawValue)])
        }
        try await log.withSequencer { sequencer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<10 {
                    group.addTask { _ = try await sequencer.submit(.add(to: "\(number)", of: tenant)) }
                    group.addTask {
                        await #expect(throws: LogError.unavailable) {
                            try await sequencer.submit(.add(to: "damaged", of: tenant))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(try await log.events().count == 11)
    }
}
