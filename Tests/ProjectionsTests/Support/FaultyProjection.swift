import EventStore
import Postgres
import Projections
import Synchronization

/// A projection whose connection is killed by the server, once, after its rows were written and before the commit.
final class FaultyProjection: Projection {
    private let actual: any Projection
    private let appliesUntilFault: Mutex<Int>

    init(_ actual: any Projection, faultAtApply number: Int) {
        self.actual = actual
        appliesUntilFault = Mutex(number)
    }

    var name: String { actual.name }
    var retention: RetentionClass { actual.retention }
    var digestedColumns: String { actual.digestedColumns }
    var rowKey: String { actual.rowKey }

    func apply(_ events: [DecodedEvent], to generation: Generation, on connection: isolated PostgresConnection) throws {
        try actual.apply(events, to: generation, on: connection)
        let isFault = appliesUntilFault.withLock { left in
            left -= 1
            return left == 0
        }
        if isFault { _ = try connection.run("SELECT pg_terminate_backend(pg_backend_pid())") }
    }
}
