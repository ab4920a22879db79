import Testing

@testable import EventStore

@Suite("Mailbox", .timeLimit(.minutes(10)))
struct MailboxTests {
    private typealias Submissions = ThrowingTaskGroup<Result<Accepted, any Error>, any Error>

    private static func mailbox(queued: Int = 100, batch: Int = 3) -> Mailbox<Counter> {
        var limits = SequencerLimits()
        limits.queuedCommands = queued
        limits.batchCommands = batch
        return Mailbox(limits: limits)
    }

    /// Submits commands whose amounts tell their order, one after the other.
    private static func fill(
        _ mailbox: Mailbox<Counter>, _ count: Int, _ group: inout Submissions
    ) async throws {
        for number in 0..<count {
            let depth = mailbox.depth
            group.addTask {
                do {
                    return .success(try await mailbox.submit(.add(Int64(number), of: .random(), key: "\(number)")))
                } catch { return .failure(error) }
            }
            try await until { mailbox.depth > depth }
        }
    }

    private static func number(_ pending: Mailbox<Counter>.Pending) -> Int? {
        (0..<100).first { UniqueKey("\($0)") == pending.command.key }
    }

    private static func answer(_ batch: [Mailbox<Counter>.Pending]) {
        for pending in batch {
            pending.continuation.resume(
                returning: Accepted(position: LogPosition(Int64(number(pending) ?? -1)), response: [], isReplay: false))
        }
    }

    private static func errors(_ group: inout Submissions) async throws -> [LogError?] {
        var errors: [LogError?] = []
        for try await result in group {
            if case .failure(let error) = result { errors.append(error as? LogError) }
        }
        return errors
    }

    @Test("commands come out in the order they went in, at most a batch at once, what is put back first")
    func order() async throws {
        let mailbox = Self.mailbox()
        mailbox.open()
        try await withThrowingTaskGroup(of: Result<Accepted, any Error>.self) { group in
            try await Self.fill(mailbox, 5, &group)
            let first = try #require(await mailbox.next())
            #expect(first.map(Self.number) == [0, 1, 2])
            mailbox.putBack(first.dropFirst())
            Self.answer([first[0]])
            #expect(mailbox.depth == 4)
            for expected in [[1, 2, 3], [4]] {
                let batch = try #require(await mailbox.next())
                #expect(batch.map(Self.number) == expected)
                Self.answer(batch)
            }
            #expect(try await Self.errors(&group).isEmpty)
        }
    }

    @Test("a full queue refuses at once and says when to come again; the queue itself goes on")
    func full() async throws {
        let mailbox = Self.mailbox(queued: 2)
        mailbox.open()
        try await withThrowingTaskGroup(of: Result<Accepted, any Error>.self) { group in
            try await Self.fill(mailbox, 2, &group)
            await #expect(throws: LogError.overloaded(retryAfterSeconds: 1)) {
                try await mailbox.submit(.add(of: .random()))
            }
            Self.answer(try #require(await mailbox.next()))
            #expect(try await Self.errors(&group).isEmpty)
        }
    }

    @Test("nothing is taken before it is opened, nor while suspended; suspending answers everybody who waits")
    func suspended() async throws {
        let mailbox = Self.mailbox()
        #expect(!mailbox.isOpen)
        await #expect(throws: LogError.unavailable) { try await mailbox.submit(.add(of: .random())) }
        mailbox.open()
        #expect(mailbox.isOpen)
        try await withThrowingTaskGroup(of: Result<Accepted, any Error>.self) { group in
            try await Self.fill(mailbox, 5, &group)
            mailbox.suspend()
            #expect(try await Self.errors(&group) == Array(repeating: .unavailable, count: 5))
        }
        await #expect(throws: LogError.unavailable) { try await mailbox.submit(.add(of: .random())) }
        mailbox.open()
        #expect(mailbox.isOpen)
    }

    @Test("once closed it takes nothing, gives out what is queued, then ends; it is not opened again")
    func closed() async throws {
        let mailbox = Self.mailbox()
        mailbox.open()
        try await withThrowingTaskGroup(of: Result<Accepted, any Error>.self) { group in
            try await Self.fill(mailbox, 4, &group)
            mailbox.close()
            mailbox.open()
            #expect(mailbox.isClosed && !mailbox.isOpen)
            await #expect(throws: LogError.stopped) { try await mailbox.submit(.add(of: .random())) }
            Self.answer(try #require(await mailbox.next()))
            Self.answer(try #require(await mailbox.next()))
            #expect(await mailbox.next() == nil)
            #expect(try await Self.errors(&group).isEmpty)
        }
    }

    @Test("refusing all answers everybody who waits with that error")
    func refused() async throws {
        let mailbox = Self.mailbox()
        mailbox.open()
        try await withThrowingTaskGroup(of: Result<Accepted, any Error>.self) { group in
            try await Self.fill(mailbox, 3, &group)
            mailbox.refuseAll(.stopped)
            #expect(try await Self.errors(&group) == Array(repeating: .stopped, count: 3))
        }
        #expect(mailbox.depth == 0)
    }

    @Test("whoever waits for commands is woken by the first, and by closing")
    func wakes() async throws {
        for _ in 0..<200 {
            let mailbox = Self.mailbox()
            mailbox.open()
            async let taken = { () -> Bool in
                guard let batch = await mailbox.next() else { return false }
                Self.answer(batch)
                return await mailbox.next() == nil
            }()
            _ = try await mailbox.submit(.add(of: .random(), key: "0"))
            mailbox.close()
            #expect(await taken)
        }
    }

    @Test("of many who submit while it closes, everybody gets an answer")
    func closingUnderLoad() async throws {
        let mailbox = Self.mailbox(queued: 10_000, batch: 7)
        mailbox.open()
        try await withThrowingTaskGroup(of: Result<Accepted, any Error>.self) { group in
            for number in 0..<500 {
                group.addTask {
                    do { return .success(try await mailbox.submit(.add(of: .random(), key: "0"))) } catch {
                        return .failure(error)
                    }
                }
                if number == 250 { mailbox.close() }
            }
            while let batch = await mailbox.next() { Self.answer(batch) }
            let errors = try await Self.errors(&group)
            #expect(errors.allSatisfy { $0 == .stopped })
        }
    }
}
