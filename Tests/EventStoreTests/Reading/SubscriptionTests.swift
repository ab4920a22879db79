import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

@Suite("Subscription", .serialized, .timeLimit(.minutes(10)))
struct SubscriptionTests {
    private let tenant = TenantID.random()

    /// Takes events until so many have come.
    private static func take(_ count: Int, of subscription: Subscription) async throws -> [Int64] {
        var positions: [Int64] = []
        for try await page in subscription {
            #expect(!page.isEmpty)
            positions += page.map(\.position.rawValue)
            if positions.count >= count { return positions }
        }
        return positions
    }

    @Test("with three writers at work, every event comes once and in order", arguments: [true, false])
    func neverSkips(isSignalled: Bool) async throws {
        let log = try await TestLog.make()
        let sequencers = try (0..<3).map { _ in try log.sequencer() }
        // Of another process's commits there is no signal: they are found by polling.
        let signal = isSignalled ? log.signal : CommitSignal()
        try await log.withReader(.projector) { reader in
            async let early = Self.take(300, of: Subscription(reader: reader, signal: signal, from: LogPosition(0)))
            async let middle = Self.take(200, of: Subscription(reader: reader, signal: signal, from: LogPosition(100)))
            try await log.running(sequencers) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<300 {
                        group.addTask { _ = try await sequencers[number % 3].submit(.add(of: tenant)) }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await early == Array(0..<300))
            #expect(try await middle == Array(100..<300))
        }
    }

    @Test("it catches up in pages, and skips what is known to be older")
    func pages() async throws {
        let log = try await TestLog.make()
        let count = Subscription.pageSize * 2 + 10
        try await log.withSequencer { sequencer in
            for _ in 0..<3 { _ = try await sequencer.submit(.add(of: tenant, events: count / 3)) }
        }
        try await log.withReader { reader in
            var iterator = Subscription(reader: reader, signal: log.signal, from: LogPosition(0)).makeAsyncIterator()
            var sizes: [Int] = []
            while sizes.reduce(0, +) < count, let page = try await iterator.next() { sizes.append(page.count) }
            #expect(sizes == [Subscription.pageSize, Subscription.pageSize, 10])
            let head = try await reader.head()
            let rest = Subscription(
                reader: reader, signal: log.signal, from: LogPosition(Int64(count - 1)), since: head.recordedAt)
            #expect(try await Self.take(1, of: rest) == [Int64(count - 1)])
        }
    }

    @Test("it ends when its task is cancelled, while it waits and while it reads")
    func cancelled() async throws {
        let log = try await TestLog.make()
        try await log.withSequencer { _ = try await $0.submit(.add(of: tenant)) }
        try await log.withReader { reader in
            for pause in [0, 0, 1, 3, 10, 30] {
                let task = Task {
                    var pages = 0
                    for try await _ in Subscription(reader: reader, signal: log.signal, from: LogPosition(0)) {
                        pages += 1
                    }
                    return pages
                }
                try await Task.sleep(for: .milliseconds(pause))
                task.cancel()
                #expect(try await task.value <= 1)
            }
        }
    }

    @Test("a position that is missing is reported as damage, and not passed over")
    func gap() async throws {
        let log = try await TestLog.make()
        try await log.withSequencer { _ = try await $0.submit(.add(of: tenant, events: 5)) }
        try await log.tamper("DELETE FROM zentriq.events WHERE log_id = $1 AND position = 2")
        try await log.withReader { reader in
            await #expect(throws: LogError.corrupt("position 2 is missing")) {
                try await Self.take(5, of: Subscription(reader: reader, signal: log.signal, from: LogPosition(0)))
            }
            return
        }
    }
}

@Suite("Commit signal", .timeLimit(.minutes(10)))
struct CommitSignalTests {
    private static let long = Duration.seconds(3_600)

    @Test("wakes those who wait for more than there was, also if it came before they waited")
    func wakes() async {
        for _ in 0..<100 {
            let signal = CommitSignal()
            await withTaskGroup(of: Void.self) { group in
                for size in 0..<5 { group.addTask { await signal.wait(beyond: Int64(size), atMost: Self.long) } }
                group.addTask { signal.committed(size: 3) }
                group.addTask { signal.committed(size: 5) }
            }
            #expect(signal.size == 5)
        }
    }

    @Test("does not wake for less, and never shrinks")
    func smaller() async {
        let signal = CommitSignal()
        signal.committed(size: 5)
        signal.committed(size: 3)
        #expect(signal.size == 5)
        await signal.wait(beyond: 4, atMost: Self.long)
        await signal.wait(beyond: 5, atMost: .milliseconds(1))
    }

    @Test("a cancelled wait ends, whenever the cancellation comes")
    func cancelled() async {
        let signal = CommitSignal()
        for _ in 0..<200 {
            let task = Task { await signal.wait(beyond: 0, atMost: Self.long) }
            task.cancel()
            await task.value
        }
    }
}
