import Billing
import BillingTesting
import EventStore
import Foundation
import Logging
import Postgres
import PostgresTesting
import Testing

@testable import AuditLog

extension Bench {
    /// A recorder of its own, as a process has.
    func recorder(
        _ directory: String, pool: PostgresPool, leaseSeconds: Int32 = 20, markPatience: Duration = .seconds(60)
    ) throws -> Recorder {
        var configuration = Recorder.Configuration(directory: directory)
        configuration.leaseSeconds = leaseSeconds
        configuration.renewal = .zero
        configuration.lookInterval = .milliseconds(200)
        configuration.markPatience = markPatience
        configuration.verifyInterval = .seconds(2)
        return Recorder(
            configuration, log: Self.log, signer: try Self.signer, pool: pool, keys: try Self.keys, clock: .system,
            signal: signal, logger: logger)
    }

    func withRecorderPool<Value>(_ body: (PostgresPool) async throws -> Value) async throws -> Value {
        let pool = PostgresPool(configuration: try database.configuration(role: .recorder), size: 3)
        let result: Result<Value, any Error>
        do { result = .success(try await body(pool)) } catch { result = .failure(error) }
        await pool.close()
        return try result.get()
    }

    /// What was recorded, in the order of the log.
    func witnessed() async throws -> [WitnessedEvent] {
        var found: [WitnessedEvent] = []
        for event in try await auditorReader.all(from: LogPosition(0)) {
            if case .witnessed(let witnessed) = try DomainEvent(event) { found.append(witnessed) }
        }
        return found
    }

    /// Of statements that were recorded, the numbers that pgAudit gave.
    ///
    /// - Parameter session: nil: of all.
    func statementNumbers(_ session: String? = nil) async throws -> [Int64] {
        try await witnessed().compactMap { event in
            guard case .statement(let statement) = event, statement.kind == .audit,
                session == nil || statement.session == session
            else { return nil }
            return statement.number
        }
    }

    func alerts() async throws -> [StaffAlert] {
        try await witnessed().compactMap { if case .alert(let alert) = $0 { alert } else { nil } }
    }

    func recordings() -> StaffRecordings { StaffRecordings(reader: auditorReader) }

    func replay(_ session: String) async throws -> [StaffRecordings.Moment] {
        try await withRecorderPool { pool in
            var moments: [StaffRecordings.Moment] = []
            let count = try await recordings().replay(session, keys: try Self.keys, pool: pool) { moments.append($0) }
            #expect(count == moments.count)
            return moments
        }
    }

    /// A role of this database's staff that nobody was granted.
    func unknownRole() async throws -> String {
        try await withRecorderPool { pool in
            try await RecorderDatabase(log: Self.log, pool: pool).rolePrefix() + "0123456789abcdef"
        }
    }

    /// Where the server of the tests logs to.
    func serverLogDirectory() async throws -> String {
        let connection = try await database.connect(role: .superuser)
        let path = try await connection.query(
            "SELECT current_setting('data_directory') || '/' || current_setting('log_directory')"
        ).only().string(0)
        await connection.close()
        return path
    }
}

extension Recorder {
    /// Until there is nothing to record.
    func drain() async throws {
        while try await round() == .busy {}
    }

    /// Until something holds, which a look at the server may take; what fails is tried again, as the service does.
    func drain(until isDone: () async throws -> Bool) async throws {
        var failures = 0
        while true {
            do { try await drain() } catch {
                failures += 1
                guard failures < 20 else { throw error }
            }
            if try await isDone() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
