package import Postgres

extension PostgresPool {
    /// One round trip and one transaction: the tenant is set for it alone, so row-level security lets its rows through
    /// and no others.
    package func tenantQuery(
        _ tenant: TenantID, _ statement: Statement, _ parameters: [Parameter]
    ) async throws -> Rows {
        try await tenantPipeline(tenant, [(statement, parameters)])[0]
    }

    /// The same for several statements.
    ///
    /// - Returns: what each of them gives.
    package func tenantPipeline(
        _ tenant: TenantID, _ steps: [(Statement, [Parameter])]
    ) async throws -> [Rows] {
        Array(
            try await pipeline([(LogReader.setTenant, [.text(tenant.rawValue.lowercaseText)])] + steps).dropFirst())
    }
}
