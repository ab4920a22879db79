import Foundation
package import Postgres

extension Eraser {
    /// What is still there of what somebody asked to be erased.
    package struct Remaining: Sendable, Equatable {
        /// That can go now.
        package let erasable: Int64
        /// Whose entries are not kept in a bundle yet.
        package let uncovered: Int64
        /// That a legal hold covers.
        package let held: Int64

        package var isEmpty: Bool { erasable == 0 && uncovered == 0 && held == 0 }
    }

    /// Destroys rows of a class that the request at a position names, at most `limit`. Nil if none can go.
    package func eraseRequested(
        at request: LogPosition, of retention: RetentionClass, limit: Int32 = 4_096,
        on connection: PostgresConnection
    ) async throws -> Batch? {
        let now = clock.now()
        return try await transaction(connection) {
            let certified = try await connection.query(
                Self.destroyRequested, which(request, retention, now) + [.int4(limit)]
            ).map(Certified.init)
            guard let batch = certified.batch else { return nil }
            try await append(certified, carrying: [], now: now, on: connection)
            return batch
        }
    }

    package func remaining(
        at request: LogPosition, of retention: RetentionClass, on connection: PostgresConnection
    ) async throws -> Remaining {
        let row = try await connection.query(
            Self.remainingRequested, which(request, retention, clock.now())
        ).only()
        return Remaining(erasable: try row.int64(0), uncovered: try row.int64(1), held: try row.int64(2))
    }

    /// People of a tenant whose key was not destroyed yet.
    package func people(of tenant: TenantID, on connection: PostgresConnection) async throws -> [ActorHandle] {
        try await connection.query(Self.people, [.int4(log.rawValue), .uuid(tenant.rawValue)])
            .map { ActorHandle(try $0.uuid(0)) }
    }

    /// Destroys the key of a person whom the request at a position names, and who stands behind the handle. Nothing that
    /// is sealed under it can be appended any more. Nothing changes if that was done before.
    ///
    /// - Returns: false if a legal hold covers what the request names: the key is there.
    package func destroyKey(
        of person: ActorHandle, at request: LogPosition, on connection: PostgresConnection
    ) async throws -> Bool {
        do {
            _ = try await connection.query(
                Self.destroyKey,
                [
                    .int4(log.rawValue), .int8(request.rawValue), .uuid(person.rawValue),
                    .timestamptz(microsecondsSinceUnixEpoch: clock.now().microseconds),
                ])
            return true
        } catch  where error.constraint == Self.legalHold {
            return false
        }
    }

    private func which(_ request: LogPosition, _ retention: RetentionClass, _ now: EventTime) -> [Parameter] {
        [
            .int4(log.rawValue), .text(retention.rawValue), .timestamptz(microsecondsSinceUnixEpoch: now.microseconds),
            .int8(request.rawValue),
        ]
    }

    private static let destroyRequested = Statement("SELECT * FROM zentriq.destroy_requested($1, $2, $3, $4, $5)")
    private static let remainingRequested = Statement("SELECT * FROM zentriq.remaining_requested($1, $2, $3, $4)")
    private static let people = Statement("SELECT people_of FROM zentriq.people_of($1, $2)")
    private static let destroyKey = Statement("SELECT zentriq.destroy_subject_key($1, $2, $3, $4)")
    private static let legalHold = "legal_hold"
}
