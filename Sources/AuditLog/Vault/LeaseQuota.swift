import Billing
import EventStore
import Foundation
import Postgres

/// Counts leases in windows of fixed length: of a person, and of a tenant. In the database, so that all services count
/// together.
struct LeaseQuota: Sendable {
    private static let everybody = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    private static let minute: Int64 = 60
    private static let hour: Int64 = 3_600

    let log: LogID
    let pool: PostgresPool
    let limits: VaultLimits

    struct Excess: Sendable, Equatable {
        let reason: TokenRefusal.Reason
        /// Until the window ends.
        let retryAfterSeconds: Int64
    }

    /// Counts one more. Nil if it is within all limits.
    func count(_ subject: DataSubject, at now: EventTime) async throws -> Excess? {
        // In this order everywhere, so that no two wait for each other.
        let windows: [(subject: UUID, seconds: Int64, limit: Int64, reason: TokenRefusal.Reason)] = [
            (subject.handle.rawValue, Self.minute, limits.unusualPerMinute, .unusualRate),
            (subject.handle.rawValue, Self.hour, limits.personPerHour, .personQuota),
            (Self.everybody, Self.hour, limits.tenantPerHour, .tenantQuota),
        ]
        let seconds = now.microseconds / 1_000_000
        let steps = windows.map { window in
            (
                Self.increment,
                [
                    Parameter.int4(log.rawValue), .uuid(subject.tenant.rawValue), .uuid(window.subject),
                    .int4(Int32(window.seconds)),
                    .timestamptz(microsecondsSinceUnixEpoch: (seconds - seconds % window.seconds) * 1_000_000),
                ]
            )
        }
        let counts = try await pool.tenantPipeline(subject.tenant, steps)
        for (window, rows) in zip(windows, counts) where try rows.only().int64(0) > window.limit {
            return Excess(reason: window.reason, retryAfterSeconds: window.seconds - seconds % window.seconds)
        }
        return nil
    }

    /// Forgets windows that ended before.
    func forget(before time: EventTime) async throws {
        _ = try await pool.query(
            Self.forget, [.int4(log.rawValue), .timestamptz(microsecondsSinceUnixEpoch: time.microseconds)])
    }

    /// Forgets a person who is erased.
    func forget(_ subject: DataSubject) async throws {
        _ = try await pool.tenantQuery(
            subject.tenant, Self.forgetPerson,
            [.int4(log.rawValue), .uuid(subject.tenant.rawValue), .uuid(subject.handle.rawValue)])
    }

    private static let increment = Statement(
        """
        INSERT INTO zentriq.vault_leases AS l (log_id, tenant_id, subject, seconds, since, count)
        VALUES ($1, $2, $3, $4, $5, 1)
        ON CONFLICT (log_id, tenant_id, subject, seconds) DO UPDATE
        SET count = CASE WHEN l.since = excluded.since THEN l.count + 1 ELSE 1 END, since = excluded.since
        RETURNING count
        """)
    private static let forget = Statement("SELECT zentriq.forget_leases($1, $2)")
    private static let forgetPerson = Statement(
        "DELETE FROM zentriq.vault_leases WHERE log_id = $1 AND tenant_id = $2 AND subject = $3")
}
