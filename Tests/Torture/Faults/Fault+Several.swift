import Foundation

extension Fault {
    static let severalFaults = [
        pausing(2), pausing(3),
        Fault(name: "kill-one-of-two", summary: "SIGKILL of one of two gateways on one log", gateways: 2) { context in
            let victim = context.world.gateways[Int.random(in: 0..<2, using: &context.random)]
            await victim.stop()
            try await context.pause(100...600)
            try await context.world.waitUntilReady(victim)
            return "gateway \(victim.number)"
        },
        Fault(
            name: "three-gateways-cut", summary: "three gateways on one log, all of whose appends are cut now and then",
            gateways: 3
        ) { context in
            let before = context.world.gateways.reduce(0) { $0 + $1.proxy.cutCount }
            for gateway in context.world.gateways {
                gateway.proxy.set(
                    DatabaseProxy.Behaviour(
                        cut: DatabaseProxy.Cut.allCases.randomElement(using: &context.random), cuts: 3,
                        pause: .milliseconds(300)))
            }
            try await context.pause(800...2_000)
            for gateway in context.world.gateways { gateway.proxy.set(DatabaseProxy.Behaviour()) }
            return "\(context.world.gateways.reduce(0) { $0 + $1.proxy.cutCount } - before) appends"
        },
        Fault(
            name: "three-gateways-clocks", summary: "three gateways on one log, minutes apart by their clocks",
            gateways: 3,
            obstacle: clockObstacle
        ) { context in
            for gateway in context.world.gateways {
                gateway.clock.step(to: .seconds(Int.random(in: -900...900, using: &context.random)))
            }
            try await context.pause(500...1_500)
            for gateway in context.world.gateways { gateway.clock.step(to: .zero) }
            return "up to half an hour apart"
        },
    ]

    private static func pausing(_ count: Int) -> Fault {
        let words = count == 2 ? "two" : "three"
        return Fault(
            name: "\(words)-gateways-paused",
            summary: "\(words) gateways on one log, one stopped (SIGSTOP) and resumed",
            gateways: count
        ) { context in
            let victim = context.world.gateways[Int.random(in: 0..<count, using: &context.random)]
            let times = Int.random(in: 1...3, using: &context.random)
            for _ in 0..<times {
                victim.signal(SIGSTOP)
                try await context.pause(200...1_500)
                victim.signal(SIGCONT)
                try await context.pause(50...200)
            }
            return "gateway \(victim.number), \(times) times"
        }
    }
}
