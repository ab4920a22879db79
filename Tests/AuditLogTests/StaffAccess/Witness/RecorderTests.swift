import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import AuditLog

@Suite("The recorder", .timeLimit(.minutes(10)))
struct RecorderTests {
    private static let file = "postgresql-1.json"

    private static func name(_ number: Int) -> String { "postgresql-\(1_000 + number).json" }

    @Test("records each line once, in order, wherever it died and however the files were rotated")
    func crashes() async throws {
        let seed = ProcessInfo.processInfo.environment["ZENTRIQ_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
        print("ZENTRIQ_SEED=\(seed)")
        try await Bench.with { bench in
            try await bench.withRecorderPool { pool in
                var random = SplitMix(seed)
                let folder = try LogFolder()
                try folder.append("\n", to: Self.name(1))
                var recorder = try bench.recorder(folder.path, pool: pool)
                try await recorder.drain()
                var session = LoggedSession(user: try await bench.unknownRole())
                var (count, number) = (Int64(0), 1)
                var waiting = session.opened()
                for _ in 0..<60 {
                    switch Int.random(in: 0..<8, using: &random) {
                    case 0:
                        number += 1
                    case 1:  // The process dies; another one takes over.
                        recorder = try bench.recorder(folder.path, pool: pool)
                        try await bench.forgetLease()
                    case 2:  // Killed in the middle of it.
                        let dying = recorder
                        let task = Task { _ = try? await dying.round() }
                        try await Task.sleep(for: .milliseconds(Int.random(in: 0..<8, using: &random)))
                        task.cancel()
                        await task.value
                        recorder = try bench.recorder(folder.path, pool: pool)
                        try await bench.forgetLease()
                    case 3:  // A line comes in parts.
                        count += 1
                        let line = session.ran("SELECT \(count)")
                        let cut = Int.random(in: 1..<line.count, using: &random)
                        try folder.append(waiting + line.prefix(cut), to: Self.name(number))
                        _ = try? await recorder.round()
                        waiting = String(line.dropFirst(cut))
                        try folder.append(waiting, to: Self.name(number))
                        waiting = ""
                    default:
                        count += 1
                        try folder.append(
                            waiting + session.ran("SELECT \(count)"), to: Self.name(number))
                        waiting = ""
                        if Bool.random(using: &random) { _ = try? await recorder.round() }
                    }
                }
                try folder.append(waiting + session.closed(), to: Self.name(number))
                try await recorder.drain(until: { try await bench.isClosed(session.session) })
                #expect(try await bench.statementNumbers() == Array(1...count))
                let alerts = try await bench.alerts().filter { $0.session == session.session }
                #expect(alerts.map(\.kind) == [.sessionWithoutGrant], "\(alerts)")
            }
        }
    }

    @Test("is one at a time: the other waits, and goes on where the first one was")
    func lease() async throws {
        try await Bench.with { bench in
            try await bench.withRecorderPool { pool in
                let folder = try LogFolder()
                try folder.append("\n", to: Self.file)
                let first = try bench.recorder(folder.path, pool: pool)
                let second = try bench.recorder(folder.path, pool: pool)
                try await first.drain()
                var session = LoggedSession(user: try await bench.unknownRole())
                try folder.append(session.opened() + session.ran("SELECT 1"), to: Self.file)
                #expect(try await second.round() == .waiting)
                try await first.drain()
                try folder.append(session.ran("SELECT 2"), to: Self.file)
                try await bench.forgetLease()
                try await second.drain()
                #expect(try await first.round() == .waiting)
                try folder.append(session.ran("SELECT 3"), to: Self.file)
                try await bench.forgetLease()
                try await first.drain()
                #expect(try await bench.statementNumbers() == [1, 2, 3])
                let alerts = try await bench.alerts().filter { $0.session == session.session }
                #expect(alerts.map(\.kind) == [.sessionWithoutGrant])
            }
        }
    }

    @Test("moves nothing from a place that it is not at, or that is not its own")
    func compareAndSet() async throws {
        try await Bench.with { bench in
            try await bench.withRecorderPool { pool in
                let database = RecorderDatabase(log: Bench.log, pool: pool)
                let (holder, other) = (UUID(), UUID())
                #expect(try await database.hold(holder, seconds: 60) != nil)
                #expect(try await database.hold(other, seconds: 60) == nil)
                let cursor = LogCursor(
                    file: "a", device: 1, inode: 2, offset: 3, digest: [UInt8](repeating: 1, count: 32))
                func advance(_ holder: UUID, from: LogCursor?) async throws {
                    let step = try RecorderDatabase.advance(
                        log: Bench.log, holder, from: from, to: cursor, RecorderState(), heardAt: nil)
                    try await pool.query(step.0, step.1)
                }
                await #expect(throws: PostgresError.self) { try await advance(other, from: nil) }
                try await advance(holder, from: nil)
                await #expect(throws: PostgresError.self) { try await advance(holder, from: nil) }
                try await advance(holder, from: cursor)
                #expect(try await database.hold(holder, seconds: 60)?.cursor == cursor)
            }
        }
    }

    @Test("tells what happened to a file, once, and goes on")
    func files() async throws {
        try await Bench.with { bench in
            try await bench.withRecorderPool { pool in
                let folder = try LogFolder()
                try folder.append("\n", to: Self.file)
                var recorder = try bench.recorder(folder.path, pool: pool)
                try await recorder.drain()
                var session = LoggedSession(user: try await bench.unknownRole())
                try folder.append(session.opened() + session.ran("SELECT 1"), to: Self.file)
                try await recorder.drain()
                try folder.truncate(Self.file)
                try await recorder.drain()
                try folder.append(session.ran("SELECT 2"), to: Self.file)
                try await recorder.drain()
                try folder.remove(Self.file)
                try await recorder.drain()
                recorder = try bench.recorder(folder.path, pool: pool)
                try await bench.forgetLease()
                try await recorder.drain()
                try await recorder.drain()
                try folder.append(session.ran("SELECT 3"), to: "postgresql-2.json")
                try await recorder.drain()
                #expect(try await bench.statementNumbers() == [1, 2, 3])
                let kinds = try await bench.alerts().map(\.kind).filter { $0 == .logShrank || $0 == .logVanished }
                #expect(kinds == [.logShrank, .logVanished])
            }
        }
    }

    @Test("tells that what it wrote to the server's log did not come back, and counts as dead until it does")
    func marks() async throws {
        try await StaffBench.with(enrolled: false, isRecorded: false) { staff, _ in
            let bench = staff.bench
            try await bench.withRecorderPool { pool in
                let folder = try LogFolder()
                try folder.append("\n", to: Self.file)
                // Somebody has pointed it at files to which no server writes.
                let deaf = try bench.recorder(folder.path, pool: pool, markPatience: .milliseconds(100))
                try await deaf.drain(until: { try await bench.alerts().contains { $0.kind == .markLost } })
                #expect(try await !staff.database.admit())
                try await bench.forgetRecorder()
                let hearing = try bench.recorder(try await bench.serverLogDirectory(), pool: pool)
                try await hearing.drain(until: { try await staff.database.admit() })
                #expect(try await bench.alerts().count { $0.kind == .markLost } == 1)
            }
        }
    }
}

extension Bench {
    /// Whoever records is taken to have died a while ago.
    func forgetLease() async throws {
        let connection = try await database.connect(role: .superuser)
        try await connection.query("UPDATE zentriq.recorders SET held_until = '-infinity'")
        await connection.close()
    }
}

extension Bench {
    /// Nothing was ever recorded.
    fileprivate func forgetRecorder() async throws {
        let connection = try await database.connect(role: .superuser)
        try await connection.query("DELETE FROM zentriq.recorders")
        await connection.close()
    }
}

/// A generator whose numbers a seed gives.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
