import Foundation
import Postgres
import PostgresTesting

extension Fault {
    static let resourceFaults = [
        Fault(name: "disk-full", summary: "the tables' disk is full for seconds", obstacle: diskObstacle) { context in
            guard let disk = context.world.disk else { throw TortureError("no small disk") }
            let time = context.random.milliseconds(500...3_000)
            try await disk.fill(.tables)
            try await Task.sleep(for: time)
            try await disk.empty(.tables)
            return "for \(time)"
        },
        Fault(
            name: "wal-disk-full", summary: "the write-ahead log's disk is full: the server stops in a panic",
            obstacle: diskObstacle
        ) { context in
            guard let disk = context.world.disk else { throw TortureError("no small disk") }
            try await disk.fill(.wal)
            // The segments that lie ready are used up first.
            var switches = 0
            while switches < 60, (try? await context.world.database.query(fillSegment)) != nil { switches += 1 }
            try await context.pause(100...800)
            try await disk.empty(.wal)
            try await context.world.database.revive()
            return switches < 60 ? "panicked and recovered" : "full, without a panic"
        },
        Fault(name: "out-of-connections", summary: "others hold every connection the server has") { context in
            let taken = await takeAll(context.world.database)
            _ = try await context.world.database.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'zentriq_gateway'")
            let more = await takeAll(context.world.database)
            try await context.pause(500...3_000)
            for connection in taken + more { await connection.close() }
            return "\(taken.count + more.count) connections taken"
        },
    ]

    private static let fillSegment =
        "SELECT pg_logical_emit_message(false, 'torture', 'x')::text, pg_switch_wal()::text"

    @Sendable private static func diskObstacle(_ world: World) -> String? {
        world.disk == nil ? "no file system can be mounted here: needs root, or user namespaces" : nil
    }

    /// As a role that nobody else uses, until the server has no more.
    private static func takeAll(_ database: Database) async -> [PostgresConnection] {
        var taken: [PostgresConnection] = []
        while taken.count < 500, let connection = try? await database.connect(.retention) { taken.append(connection) }
        return taken
    }
}
