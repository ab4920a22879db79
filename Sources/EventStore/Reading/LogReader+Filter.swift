import Postgres

extension LogReader {
    /// Events that match, of these positions, in their order. The server looks at every event of the positions (no index
    /// serves the filter, so that no append has to keep one): a bounded range makes a bounded question.
    ///
    /// Without a tenant it needs a role that may see all tenants.
    package func events(
        matching filter: EventFilter, in positions: Range<LogPosition>, limit: Int = maximumPage
    ) async throws -> [RecordedEvent] {
        var parameters: [Parameter] = [
            .int4(log.rawValue), .int8(positions.lowerBound.rawValue), .int8(positions.upperBound.rawValue),
            Self.page(limit),
        ]
        if let tenant = filter.tenant { parameters.append(.uuid(tenant.rawValue)) }
        if let stream = filter.stream { parameters.append(.text(stream.name)) }
        if let type = filter.type { parameters.append(.text(type)) }
        if let actor = filter.actor { parameters.append(.uuid(actor.rawValue)) }
        if let retention = filter.retention { parameters.append(.text(retention.rawValue)) }
        let statement = Self.matching(filter)
        guard let tenant = filter.tenant else {
            return try await events(pool.query(statement, parameters))
        }
        return try await events(tenantQuery(tenant, statement, parameters), of: tenant)
    }

    /// The first position whose event was recorded at that time or later; the log's size if there is none yet.
    package func position(at time: EventTime) async throws -> LogPosition {
        let rows = try await pool.query(
            Self.positionAt, [.int4(log.rawValue), .timestamptz(microsecondsSinceUnixEpoch: time.microseconds)])
        return LogPosition(try rows.only().int64(0))
    }

    private static let positionAt = Statement("SELECT zentriq.position_at($1, $2)")

    /// The parameters of the filter follow the first four in the order of these columns.
    private static func matching(_ filter: EventFilter) -> Statement {
        let columns = [
            filter.tenant.map { _ in "tenant_id" }, filter.stream.map { _ in "stream_id" },
            filter.type.map { _ in "type" }, filter.actor.map { _ in "actor" }, filter.retention.map { _ in "class" },
        ].compactMap(\.self)
        return matching(columns.enumerated().map { "AND \($1) = $\($0 + 5)" }.joined(separator: " "))
    }
}
