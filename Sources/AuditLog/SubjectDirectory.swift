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

    private static let setTenant = Statement("SELECT set_config('zentriq.tenant_id', $1, true)")
    private static let insert = Statement(
        "INSERT INTO zentriq.subjects (tenant_id, object_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
    private static let select = Statement(
        "SELECT handle FROM zentriq.subjects WHERE tenant_id = $1 AND object_id = $2")
}
