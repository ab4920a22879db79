import Postgres

extension LogReader {
    /// Whether anything was ever recorded of a tenant.
    package func knows(_ tenant: TenantID) async throws -> Bool {
        try await tenantQuery(
            tenant, Self.knowsTenant, [.int4(log.rawValue), .uuid(tenant.rawValue)]
        ).only().bool(0)
    }

    private static let knowsTenant = Statement(
        "SELECT EXISTS (SELECT FROM zentriq.streams WHERE log_id = $1 AND tenant_id = $2)")
}
