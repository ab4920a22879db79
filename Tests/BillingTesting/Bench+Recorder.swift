import EventStore
import Postgres
import PostgresTesting

extension Bench {
    /// Makes the database take it that what staff does is being recorded, for ever.
    package func pretendRecorder(heardAt: String = "infinity") async throws {
        let connection = try await database.connect(role: .superuser)
        try await connection.query(
            """
            INSERT INTO zentriq.recorders (log_id, holder, held_until, heard_at)
            VALUES ($1, gen_random_uuid(), '-infinity', $2::text::timestamptz)
            ON CONFLICT (log_id) DO UPDATE SET heard_at = excluded.heard_at
            """, [.int4(Self.log.rawValue), .text(heardAt)])
        await connection.close()
    }
}
