import Billing
import BillingTesting
import CanonicalJSON
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import AuditLog

@Suite("A session of staff", .serialized, .timeLimit(.minutes(10)))
struct StaffSessionTests {
    @Test("is recorded from the server's own log, statement by statement, and can be replayed")
    func recorded() async throws {
        try await StaffBench.with(isRecorded: false) { staff, people in
            let bench = staff.bench
            try await bench.withRecorderPool { pool in
                let recorder = try bench.recorder(try await bench.serverLogDirectory(), pool: pool)
                let id = try await staff.granted(people)
                await #expect(throws: PostgresError.self, "nobody records yet") { try await staff.opened(id, people) }
                try await recorder.drain(until: { try await staff.database.admit() })
                let credentials = try await staff.opened(id, people)
                let connection = try await staff.logIn(credentials)
                let session = try await connection.sessionName()
                _ = try await connection.query(
                    "SELECT size FROM zentriq.heads WHERE 'müller'::text <> $1", [.text("meier")])
                _ = try? await connection.query("SELECT * FROM pg_authid")
                // More than a page of what was recorded.
                for number in 0..<StaffRecordings.pageEvents {
                    _ = try await connection.query(Statement("SELECT \(number)::int8"))
                }
                await connection.close()
                try await recorder.drain(until: { try await bench.isClosed(session) })

                let summary = try #require(
                    try await bench.recordings().sessions().sessions.first { $0.session.session == session })
                #expect(summary.session.access == id && summary.session.role == credentials.role)
                #expect(summary.end?.reason == .disconnected && summary.alerts.isEmpty)
                #expect(summary.statements > StaffRecordings.pageEvents)
                let moments = try await bench.replay(session)
                let texts = moments.compactMap { $0.text["text"]?.stringValue }
                #expect(texts.contains { $0.contains("müller") } && texts.contains("SELECT * FROM pg_authid"))
                for number in 0..<StaffRecordings.pageEvents { #expect(texts.contains("SELECT \(number)::int8")) }
                #expect(moments.contains { $0.text["parameters"]?.stringValue == "meier" })
                #expect(
                    moments.contains {
                        if case .statement(let one) = $0.event { one.objects == ["zentriq.heads"] } else { false }
                    })
                // Nobody reads it in the rows.
                for event in try await bench.auditorReader.all(from: LogPosition(0), category: "session") {
                    let data = String(decoding: event.data, as: UTF8.self)
                    #expect(!data.contains("müller") && !data.contains("meier"))
                }
            }
        }
    }

    @Test("ends with every access when nobody records, while customers go on; afterwards there can be new ones")
    func deadRecorder() async throws {
        try await StaffBench.with(isRecorded: false) { staff, people in
            let bench = staff.bench
            try await bench.withRecorderPool { pool in
                let recorder = try bench.recorder(try await bench.serverLogDirectory(), pool: pool)
                try await recorder.drain(until: { try await staff.database.admit() })
                let id = try await staff.granted(people)
                let credentials = try await staff.opened(id, people)
                let connection = try await staff.logIn(credentials)
                _ = try await connection.query("SELECT count(*) FROM zentriq.events")
                // Two minutes without a sign.
                try await bench.pretendRecorder(heardAt: "\(Date(timeIntervalSinceNow: -120))")
                await #expect(throws: PostgresError.self) {
                    _ = try await connection.query("SELECT count(*) FROM zentriq.events")
                }
                try await staff.ender.run()
                await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1::int8") }
                await connection.close()
                await #expect(throws: PostgresError.self) { _ = try await staff.logIn(credentials) }
                #expect(try await staff.row(id)?.endReason == "unrecorded")
                let refused = try await staff.granted(people)
                await #expect(throws: PostgresError.self) { try await staff.opened(refused, people) }
                let client = Client(bench)
                try await client.grant(1)
                _ = try await client.capture()

                try await recorder.drain(until: { try await staff.database.admit() })
                let next = try await staff.granted(people)
                let again = try await staff.logIn(try await staff.opened(next, people))
                _ = try await again.query("SELECT count(*) FROM zentriq.events")
                await again.close()
            }
        }
    }

    @Test("without a grant, and what else a superuser does to the server, is told")
    func intruder() async throws {
        try await StaffBench.with(isRecorded: false) { staff, _ in
            let bench = staff.bench
            try await bench.withRecorderPool { pool in
                let recorder = try bench.recorder(try await bench.serverLogDirectory(), pool: pool)
                try await recorder.drain(until: { try await staff.database.admit() })
                let superuser = try await bench.database.connect(role: .superuser)
                let role = try await bench.unknownRole()
                let slot = "slot_" + role.dropFirst(6).prefix(8)
                try await superuser.script(
                    """
                    CREATE ROLE \(role) LOGIN PASSWORD 'x'; GRANT zentriq_staff TO \(role);
                    ALTER ROLE \(role) SET log_statement = 'none'
                    """)
                _ = try await superuser.query(
                    "SELECT pg_create_physical_replication_slot($1::text::name)", [.text(slot)])
                var configuration = try bench.database.configuration(role: .gateway)
                (configuration.user, configuration.password) = (role, "x")
                let connection = try await PostgresConnection.connect(configuration)
                let session = try await connection.sessionName()
                let expected: [StaffAlert.Kind] = [
                    .superuserLogin, .roleChanged, .membershipChanged, .settingChanged, .slotChanged,
                    .sessionWithoutGrant,
                ]
                try await recorder.drain(until: {
                    let kinds = Set(try await bench.alerts().map(\.kind))
                    return kinds.isSuperset(of: expected)
                })
                let alerts = try await bench.alerts()
                #expect(alerts.contains { $0.kind == .roleChanged && $0.what == "new: role \(role)" })
                #expect(alerts.contains { $0.kind == .sessionWithoutGrant && $0.session == session })
                #expect(alerts.count { $0.kind == .sessionWithoutGrant && $0.session == session } == 1)
                await connection.close()
                _ = try await superuser.query("SELECT pg_drop_replication_slot($1::text::name)", [.text(slot)])
                try await superuser.script("DROP ROLE \(role)")
                await superuser.close()
            }
        }
    }
}

extension PostgresConnection {
    /// As the server's log calls this session.
    func sessionName() async throws -> String {
        try await query(
            """
            SELECT to_hex(trunc(extract(epoch FROM backend_start))::bigint) || '.' || to_hex(pid)
            FROM pg_stat_activity WHERE pid = pg_backend_pid()
            """
        ).only().string(0)
    }
}

extension Bench {
    func isClosed(_ session: String) async throws -> Bool {
        try await witnessed().contains { event in
            if case .closed(let end) = event { end.session == session } else { false }
        }
    }
}
