import ArgumentParser
import CanonicalJSON
import EventStore
import Gateway
import Postgres
import Projections
import TransparencyLog

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the log's head, the projections and what is parked.",
        discussion: "Exits with 2 if an event is parked.")

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reportingFailure {
            let pool = try Environment.pool(.projector)
            let reader = LogReader(log: LogID(1), origin: Environment.readOrigin(), pool: pool)
            let store = ProjectionStore(log: LogID(1), pool: pool)
            let head = try await reader.head()
            let projections = try await store.status()
            let parked = try await store.parkedEvents()
            await pool.close()
            if json {
                printCanonical(Self.encode(head, projections, parked))
            } else {
                printText(head, projections, parked, origin: reader.origin)
            }
            if !parked.isEmpty { throw ExitCode.findings }
        }
    }

    private func printText(
        _ head: LogHead, _ projections: [ProjectionStore.Status], _ parked: [ProjectionStore.ParkedEvent],
        origin: String
    ) {
        print("log          \(origin)")
        print("events       \(head.tree.size), the newest recorded at \(head.recordedAt.text)")
        print("root         \(head.root.hex)")
        for projection in projections {
            let lag = head.nextPosition.rawValue - projection.next.rawValue
            print(
                "projection   \(projection.name), generation \(projection.generation)"
                    + "\(projection.isActive ? "" : " (being rebuilt)"), \(lag) events behind, \(projection.parked) parked"
            )
        }
        for event in parked {
            print("parked       \(event.name) at position \(event.position.rawValue): \(event.reason)")
        }
    }

    private static func encode(
        _ head: LogHead, _ projections: [ProjectionStore.Status], _ parked: [ProjectionStore.ParkedEvent]
    ) -> JSONValue {
        .object([
            "parked": .array(
                parked.map { event in
                    .object([
                        "generation": .integer(Int64(event.generation)), "position": text(event.position.rawValue),
                        "projection": .string(event.name), "reason": .string(event.reason),
                    ])
                }),
            "projections": .array(
                projections.map { projection in
                    .object([
                        "active": .bool(projection.isActive), "generation": .integer(Int64(projection.generation)),
                        "lag_events": text(head.nextPosition.rawValue - projection.next.rawValue),
                        "name": .string(projection.name), "parked": text(projection.parked),
                    ])
                }),
            "recorded_at": .string(head.recordedAt.text), "root": .string(head.root.hex),
            "size": text(head.nextPosition.rawValue),
        ])
    }

    private static func text(_ value: Int64) -> JSONValue { .string(String(value)) }
}
