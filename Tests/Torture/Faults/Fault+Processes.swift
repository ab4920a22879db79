import Foundation

extension Fault {
    static let processFaults = [
        Fault(name: "kill-gateway", summary: "SIGKILL of the gateway") { context in
            let times = Int.random(in: 1...3, using: &context.random)
            for _ in 0..<times {
                try await context.pause(0...200)
                await context.gateway.stop()
                try await context.pause(0...200)
                try await context.world.waitUntilReady(context.gateway)
            }
            return "killed \(times) times"
        },
        Fault(name: "stop-gateway", summary: "SIGTERM of the gateway, which finishes what it has") { context in
            await context.gateway.stop(SIGTERM)
            try await context.world.waitUntilReady(context.gateway)
            return "stopped and started"
        },
        Fault(name: "pause-gateway", summary: "SIGSTOP of the gateway, then SIGCONT") { context in
            let pause = context.random.milliseconds(200...3_000)
            context.gateway.signal(SIGSTOP)
            try await Task.sleep(for: pause)
            context.gateway.signal(SIGCONT)
            return "paused for \(pause)"
        },
        Fault(name: "kill-backend", summary: "SIGKILL of the PostgreSQL process that appends") { context in
            let pid = try await context.world.database.query(writers).firstPID()
            kill(pid, SIGKILL)
            try await context.world.database.revive()
            return "killed one, and the server restarted all"
        },
        Fault(name: "terminate-backends", summary: "every connection of the gateway ended by an administrator") {
            context in
            let times = Int.random(in: 1...5, using: &context.random)
            for _ in 0..<times {
                _ = try await context.world.database.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE usename IN ('zentriq_gateway', 'zentriq_projector', 'zentriq_auditor')
                    """)
                try await context.pause(50...300)
            }
            return "ended \(times) times"
        },
        Fault(name: "cancel-appends", summary: "what the gateway runs is cancelled by an administrator") { context in
            let times = Int.random(in: 5...30, using: &context.random)
            for _ in 0..<times {
                _ = try await context.world.database.query(
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'zentriq_gateway'")
                try await context.pause(5...40)
            }
            return "cancelled \(times) times"
        },
    ]

    /// The connections that append or are about to: only their statements end in that function.
    private static let writers = """
        SELECT pid FROM pg_stat_activity WHERE usename = 'zentriq_gateway'
        ORDER BY (query LIKE '%zentriq.append%') DESC, (state = 'active') DESC LIMIT 1
        """
}
