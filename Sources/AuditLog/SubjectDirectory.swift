package import EventStore
package import Foundation
package import Postgres

/// Who stands behind a handle. Events name people by handle only; this table is the one place that knows more, and
/// forgetting a person begins with their row here.
package struct SubjectDirectory: Sendable {
    let pool: PostgresPool

    /// `pool` with the gateway's role.
    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// The handle of a person of a tenant, made at random when it is first asked for, and the same from then on.
    package func handle(of object: UUID, in tenant: TenantID) async throws -> ActorHandle {
        let key: [Parameter] = [.uuid(tenant.rawValue), .uuid(object)]
        let results = try await pool.pipeline([
            (Self.setTenant, [.text(tenant.rawValue.lowercaseText)]), (Self.insert, key), (Self.select, key),
        ])
        return ActorHandle(try results[2].only().uuid(0))
    }

    /// The same, if there is one yet. Nothing is made.
    package func knownHandle(of object: UUID, in tenant: TenantID) async throws -> ActorHandle? {
        let results = try await pool.pipeline([
            (Self.setTenant, [.text(tenant.rawValue.lowercaseText)]),
            (Self.select, [.uuid(tenant.rawValue), .uuid(object)]),
        ])
        return try results[1].first.map { ActorHandle(try $0.uuid(0)) }
    }

    /// Who a handle is at the identity provider, and since when they are known here. Nil if nobody is, or nobody any
    /// more.
    package func person(behind handle: ActorHandle, in tenant: TenantID) async throws -> (
        object: UUID, since: EventTime
    )? {
        let results = try await pool.pipeline([
            (Self.setTenant, [.text(tenant.rawValue.lowercaseText)]),
            (Self.selectPerson, [.uuid(tenant.rawValue), .uuid(handle.rawValue)]),
        ])
        return try results[1].first.map { (try $0.uuid(0), EventTime(microseconds: try $0.timestamp(1))) }
    }

    private static let selectPerson = Statement(
        "SELECT object_id, created_at FROM zentriq.subjects WHERE tenant_id = $1 AND handle = $2")
    private static let setTenant = Statement("SELECT set_config('zentriq.tenant_id', $1, true)")
    private static let insert = Statement(
        "INSERT INTO zentriq.subjects (tenant_id, object_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
    private static let select = Statement(
        "SELECT handle FROM zentriq.subjects WHERE tenant_id = $1 AND object_id = $2")
}
