import Foundation
import Postgres

extension LogReader {
    /// The events of rows, those that are sealed opened as far as that can be done.
    ///
    /// - Parameter tenant: whose rows they are, for a role that sees one tenant at a time.
    func events(_ rows: Rows, of tenant: TenantID? = nil) async throws -> [RecordedEvent] {
        var events = try rows.map(RecordedEvent.init)
        guard let keys else { return events }
        let ids = Set(events.lazy.compactMap { $0.seal?.key })
        guard !ids.isEmpty else { return events }
        let known = try await keys.find(ids) { statement, ids in
            let parameters: [Parameter] = [.int4(log.rawValue), .uuidArray(ids)]
            guard let tenant else { return try await pool.query(statement, parameters) }
            return try await tenantQuery(tenant, statement, parameters)
        }
        for index in events.indices {
            guard let seal = events[index].seal else { continue }
            events[index].open(with: known[seal.key])
        }
        return events
    }
}
