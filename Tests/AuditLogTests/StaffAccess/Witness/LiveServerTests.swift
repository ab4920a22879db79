import Billing
import BillingTesting
import Foundation
import Glibc
import Postgres
import PostgresTesting
import Testing

@testable import AuditLog

/// What somebody with power over the server's machine does to the log and the processes of a server at work, one thing after
/// the other.
@Suite("The second witness of a live server", .timeLimit(.minutes(10)))
struct LiveServerTests {
    @Test("tells what was done to the log's files and to the server's processes, and reads on")
    func tampering() async throws {
        try await PrivateCluster.with { cluster in
            try await cluster.migrate()
            try await StaffBench.on(cluster) { staff, people in
                try await staff.bench.withRecorderPool { pool in
                    let scene = try await Scene(staff, people, pool)
                    try await scene.truncated()
                    try await scene.cutOut()
                    try await scene.withoutSession()
                    try await scene.changed()
                    try await scene.removed()
                    try await scene.collectorKilled()
                    try await scene.diskFull()
                    try await scene.backendKilled()
                }
            }
        }
    }
}

/// A server with a recorder and an access.
private struct Scene {
    private let bench: Bench
    private let staff: StaffBench
    private let pool: PostgresPool
    private let credentials: AccessDesk.Credentials
    private let directory: String
    private let recorder: Recorder
    private let postmaster: Int32

    init(_ staff: StaffBench, _ people: [Authenticator], _ pool: PostgresPool) async throws {
        (self.staff, bench, self.pool) = (staff, staff.bench, pool)
        directory = try await bench.serverLogDirectory()
        recorder = try bench.recorder(directory, pool: pool)
        try await recorder.drain(until: { try await staff.database.admit() })
        credentials = try await staff.opened(try await staff.granted(people), people)
        let lines = try String(contentsOfFile: directory + "/../postmaster.pid", encoding: .utf8).split(separator: "\n")
        postmaster = try #require(lines.first.flatMap { Int32($0) })
    }

    // MARK: Files

    func truncated() async throws {
        let (connection, session) = try await logIn()
        try await run(1, on: connection)
        try await recorder.drain(until: { try await numbers(session) == [1] })
        try await run(2, on: connection)
        try await written(2, of: session)
        try truncate(newest(), to: 0)
        try await run(3, on: connection)
        await connection.close()
        try await recorder.drain(until: { try await bench.isClosed(session) })
        #expect(try await numbers(session) == [1, 3])
        #expect(try await kinds(session) == [.lineGap, .statementGap])
        #expect(try await count(.logShrank) == 1)
    }

    /// Lines that were not read yet, out of the end of the file.
    func cutOut() async throws {
        let (connection, session) = try await logIn()
        try await run(1, on: connection)
        try await written(1, of: session)
        try await recorder.drain()
        let file = newest()
        let size = try self.size(file)
        try await run(2, on: connection)
        try await written(2, of: session)
        try truncate(file, to: size)
        try await run(3, on: connection)
        await connection.close()
        try await recorder.drain(until: { try await bench.isClosed(session) })
        #expect(try await numbers(session) == [1, 3])
        let kinds = try await kinds(session)
        #expect(kinds == [.lineGap, .statementGap], "\(kinds)")
    }

    /// Everything that the log says of a session, before it was read.
    func withoutSession() async throws {
        try await recorder.drain()
        let file = newest()
        let size = try self.size(file)
        let (connection, session) = try await logIn()
        try await run(1, on: connection)
        try await written(1, of: session)
        try truncate(file, to: size)
        try await recorder.drain(until: { try await kinds(session).contains(.sessionNotInLog) })
        #expect(try await kinds(session) == [.sessionNotInLog])
        try await run(2, on: connection)
        await connection.close()
        try await recorder.drain(until: { try await bench.isClosed(session) })
        #expect(try await numbers(session) == [2])
        #expect(Set(try await kinds(session)) == [.sessionNotInLog, .lineGap, .statementGap])
    }

    /// What was read already.
    func changed() async throws {
        try await recorder.drain()
        let handle = try FileHandle(forUpdating: URL(filePath: newest()))
        try handle.write(contentsOf: Data("?".utf8))
        try handle.close()
        try await recorder.drain(until: { try await count(.logChanged) == 1 })
        try await recorded()
        #expect(try await count(.logChanged) == 1)
    }

    /// The server writes on to a file that has no name any more.
    func removed() async throws {
        try FileManager.default.removeItem(atPath: newest())
        try await recorded()
        #expect(try await count(.logVanished) == 1)
        let superuser = try await bench.database.connect(role: .superuser)
        _ = try await superuser.query("SELECT pg_rotate_logfile()")
        await superuser.close()
        try await recorded()
        #expect(try await count(.logVanished) == 1)
    }

    // MARK: Processes

    /// What writes the log dies; the server starts another one.
    func collectorKilled() async throws {
        let (connection, session) = try await logIn()
        try await run(1, on: connection)
        kill(try #require(logger()), SIGKILL)
        try await run(2, on: connection)
        await connection.close()
        try await recorder.drain(until: { try await bench.isClosed(session) })
        try await expectAllOrTold(session, [1, 2])
    }

    /// The log can't be written: lines are lost for good.
    func diskFull() async throws {
        let (connection, session) = try await logIn()
        try await run(1, on: connection)
        let deaf = try bench.recorder(directory, pool: pool, markPatience: .seconds(1))
        try await bench.forgetLease()
        try await deaf.drain(until: { try await numbers(session) == [1] })
        try await limitFiles(to: "\(size(newest()))")
        for number in 2...40 { try await run(number, on: connection) }
        try await deaf.drain(until: { try await count(.markLost) == 1 })
        try await limitFiles(to: "unlimited")
        try await run(41, on: connection)
        await connection.close()
        try await deaf.drain(until: { try await bench.isClosed(session) })
        #expect(try await numbers(session).last == 41)
        try await expectAllOrTold(session, Array(1...41))
        try await bench.forgetLease()
    }

    /// The server ends all its processes without a word, and starts anew.
    func backendKilled() async throws {
        let (connection, session) = try await logIn()
        try await run(1, on: connection)
        try await recorder.drain(until: { try await numbers(session) == [1] })
        kill(try await connection.query("SELECT pg_backend_pid()").only().int32(0), SIGKILL)
        await connection.close()
        try await recorder.drain(until: { try await kinds(session) == [.sessionWithoutEnd] })
        let ends = try await bench.recordings().sessions().sessions.filter { $0.session.session == session }
        #expect(ends.map(\.end?.reason) == [.lost])
        try await recorded()
    }

    // MARK: What is common

    /// A session without anything out of the order.
    private func recorded() async throws {
        let (connection, session) = try await logIn()
        try await run(1, on: connection)
        await connection.close()
        try await recorder.drain(until: { try await bench.isClosed(session) })
        #expect(try await numbers(session) == [1])
        #expect(try await kinds(session) == [])
    }

    /// Either there is each of the statements, or it is told that some are missing.
    private func expectAllOrTold(_ session: String, _ expected: [Int64]) async throws {
        let (numbers, kinds) = (try await numbers(session), Set(try await kinds(session)))
        print("of \(expected.count) statements \(numbers.count) are recorded, told of: \(kinds)")
        #expect(numbers == expected || !kinds.isDisjoint(with: [.lineGap, .statementGap]))
        #expect(Set(numbers).count == numbers.count)
    }

    private func logIn() async throws -> (PostgresConnection, String) {
        while true {
            do {
                let connection = try await staff.logIn(credentials)
                return (connection, try await session(of: connection))
            } catch let error as PostgresError where error.sqlState == "57P03" || error.kind == .connectFailed {
                try await Task.sleep(for: .milliseconds(100))  // The server is starting.
            }
        }
    }

    private func session(of connection: PostgresConnection) async throws -> String {
        let superuser = try await bench.database.connect(role: .superuser)
        let name = try await superuser.query(
            """
            SELECT to_hex(trunc(extract(epoch FROM backend_start))::bigint) || '.' || to_hex(pid) FROM pg_stat_activity
            WHERE usename = $1 ORDER BY backend_start DESC LIMIT 1
            """, [.text(credentials.role)]
        ).only().string(0)
        await superuser.close()
        return name
    }

    private func run(_ number: Int, on connection: PostgresConnection) async throws {
        try await connection.script("SELECT \(number)")
    }

    /// Until the server's log has the whole of a statement, which is a moment after it was run.
    private func written(_ number: Int, of session: String) async throws {
        while true {
            let lines = try String(contentsOfFile: newest(), encoding: .utf8).split(separator: "\n")
                .filter { $0.contains("\"session_id\":\"\(session)\"") }
            if lines.contains(where: { $0.contains("AUDIT: SESSION,\(number),") }),
                lines.last?.contains("duration: ") == true
            {
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func numbers(_ session: String) async throws -> [Int64] {
        try await bench.statementNumbers(session)
    }

    private func kinds(_ session: String) async throws -> [StaffAlert.Kind] {
        try await bench.alerts().filter { $0.session == session }.map(\.kind)
    }

    private func count(_ kind: StaffAlert.Kind) async throws -> Int {
        try await bench.alerts().count { $0.kind == kind }
    }

    private func newest() -> String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return directory + "/" + (names.filter { $0.hasSuffix(".json") }.max() ?? "")
    }

    private func size(_ file: String) throws -> UInt64 {
        try FileManager.default.attributesOfItem(atPath: file)[.size] as? UInt64 ?? 0
    }

    private func truncate(_ file: String, to size: UInt64) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        try handle.truncate(atOffset: size)
        try handle.close()
    }

    /// The server's process that writes the log.
    private func logger() -> Int32? {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { Int32($0) }.first { process in
            guard let title = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8),
                title.contains("logger"),
                let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            else { return false }
            return status.split(separator: ")").last?.split(separator: " ").dropFirst().first == "\(postmaster)"
        }
    }

    /// As on a full disk: what writes the log may make files no longer than that.
    private func limitFiles(to size: String) async throws {
        let owner = try FileManager.default.attributesOfItem(atPath: directory)
        let (user, group) = (owner[.ownerAccountID] as? Int ?? 0, owner[.groupOwnerAccountID] as? Int ?? 0)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let prlimit = ["prlimit", "--pid", "\(try #require(logger()))", "--fsize=\(size):"]
        // A process may be limited by its own user alone.
        process.arguments =
            getuid() == 0
            ? ["setpriv", "--reuid=\(user)", "--regid=\(group)", "--clear-groups"] + prlimit : prlimit
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        try #require(status == 0)
    }
}
