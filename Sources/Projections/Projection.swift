package import Billing
package import EventStore
package import Postgres

/// A table made from the log: any number of generations of its rows side by side, each made by the same code.
package protocol Projection: Sendable {
    /// As in `zentriq rebuild NAME`.
    var name: String { get }
    /// The class whose events it takes. Those of a class lie together, so that it never looks at the others.
    var retention: RetentionClass { get }
    /// Writes what the events come to. In the transaction that moves the checkpoint, so it happens exactly once.
    func apply(_ events: [DecodedEvent], to generation: Generation, on connection: isolated PostgresConnection) throws
    /// What the digest covers of a row, in SQL: a list of expressions over the columns of its table, which is named as the
    /// projection is.
    var digestedColumns: String { get }
    /// What tells rows apart that come of one event of a tenant, in SQL.
    var rowKey: String { get }
}

extension Projection {
    package var rowKey: String { "product" }

    /// Deletes all rows of a generation.
    func clear(_ generation: Generation, on connection: isolated PostgresConnection) throws {
        _ = try connection.run(
            Statement("DELETE FROM zentriq.\(name) WHERE log_id = $1 AND generation = $2"),
            [.int4(generation.log.rawValue), .int4(generation.number)])
    }

    /// A hash over all rows of a generation up to a position (exclusive), in a defined order.
    func digest(
        of generation: Generation, before position: LogPosition, on connection: isolated PostgresConnection
    ) throws -> String {
        try RowDigest(
            rows:
                """
                SELECT position, tenant_id, \(rowKey) AS product, json_build_array(\(digestedColumns)) AS content
                FROM zentriq.\(name) WHERE log_id = $1 AND generation = $2 AND position < $3
                """
        ).run(of: generation, before: position, on: connection)
    }
}

/// One set of rows of a projection.
package struct Generation: Sendable, Hashable {
    package let log: LogID
    package let number: Int32
}

/// An event with its payload read.
package struct DecodedEvent: Sendable {
    package let recorded: RecordedEvent
    package let payload: DomainEvent
}
