import Foundation
import Postgres
package import Sealing

extension LogReader {
    /// The events of rows, those that are sealed opened as far as that can be done.
    ///
    /// - Parameter tenant: whose rows they are, for a role that sees one tenant at a time.
    func events(_ rows: Rows, of tenant: TenantID? = nil) async throws -> [RecordedEvent] {
        var events = try rows.map(RecordedEvent.init)
        let known = try await known(Set(events.lazy.compactMap { $0.seal?.key }), of: tenant)
        guard keys != nil else { return events }
        for index in events.indices {
            guard let seal = events[index].seal else { continue }
            events[index].open(with: known[seal.key])
        }
        return events
    }

    /// The key that a tenant's event is sealed under. Nil if it is not sealed, or there is no such key any more.
    package func key(of event: RecordedEvent) async throws -> SubjectKey? {
        guard let id = event.seal?.key else { return nil }
        guard case .key(let key)? = try await known([id], of: event.stream.tenant)[id]?.content else { return nil }
        return key
    }

    private func known(_ ids: Set<UUID>, of tenant: TenantID?) async throws -> [UUID: SubjectKeys.Known] {
        guard let keys, !ids.isEmpty else { return [:] }
        return try await keys.find(ids) { statement, ids in
            let parameters: [Parameter] = [.int4(log.rawValue), .uuidArray(ids)]
            guard let tenant else { return try await pool.query(statement, parameters) }
            return try await tenantQuery(tenant, statement, parameters)
        }
    }
}
