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
    /// Deletes all rows of a generation.
    func clear(_ generation: Generation, on connection: isolated PostgresConnection) throws
    /// A hash over all rows of a generation up to a position (exclusive), in a defined order.
    func digest(
        of generation: Generation, before position: LogPosition, on connection: isolated PostgresConnection
    ) throws -> String
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
