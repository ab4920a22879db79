import Foundation
import Postgres

extension Fault {
    static let serverFaults = [
        Fault(name: "kill-server", summary: "SIGKILL of the whole PostgreSQL server") { context in
            try await context.world.database.kill()
            try await context.pause(0...800)
            try await context.world.database.revive()
            return "killed and started"
        },
        Fault(name: "stop-server-immediately", summary: "immediate shutdown: no checkpoint, recovery at the start") {
            context in
            try await context.world.database.stop(immediate: true)
            try await context.pause(0...800)
            try await context.world.database.revive()
            return "stopped and recovered"
        },
        Fault(name: "stop-server", summary: "fast shutdown: every connection ended, then a checkpoint") { context in
            try await context.world.database.stop()
            try await context.pause(0...800)
            try await context.world.database.revive()
            return "stopped and started"
        },
        Fault(name: "kill-everything", summary: "SIGKILL of gateway and server at the same moment") { context in
            context.gateway.signal(SIGKILL)
            try await context.world.database.kill()
            try await context.world.database.revive()
            try await context.world.waitUntilReady(context.gateway)
            return "killed and started"
        },
        Fault(name: "head-locked", summary: "another transaction holds the log's head for seconds") { context in
            let hold = context.random.milliseconds(1_000...6_500)
            try await holding(context, "SELECT 1 FROM zentriq.heads FOR UPDATE", hold)
            return "locked for \(hold)"
        },
        Fault(name: "table-locked", summary: "another transaction holds a table of the write path for seconds") {
            context in
            let hold = context.random.milliseconds(500...4_000)
            let table = ["events", "streams", "outcomes"].randomElement(using: &context.random) ?? "events"
            try await holding(context, "LOCK TABLE zentriq.\(table) IN EXCLUSIVE MODE", hold)
            return "\(table) locked for \(hold)"
        },
    ]

    private static func holding(_ context: FaultContext, _ statement: String, _ time: Duration) async throws {
        let connection = try await context.world.database.connect()
        try await connection.script("BEGIN")
        try await connection.script(statement)
        try await Task.sleep(for: time)
        try await connection.script("ROLLBACK")
        await connection.close()
    }
}

extension Rows {
    /// The only value, a process id.
    func firstPID() throws -> Int32 {
        guard let row = first else { throw TortureError("the gateway has no connection") }
        return try row.int32(0)
    }
}
