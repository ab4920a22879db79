import Foundation

extension Fault {
    static let clockFaults = [
        Fault(
            name: "clock-forward", summary: "the gateway's clock jumps ahead, and back after a while",
            obstacle: clockObstacle
        ) {
            context in
            let step = Duration.seconds(Int.random(in: 60...1_200, using: &context.random))
            context.gateway.clock.step(to: step)
            try await context.pause(300...1_500)
            context.gateway.clock.step(to: .zero)
            return "by \(step) for a while"
        },
        Fault(
            name: "clock-back", summary: "the gateway's clock jumps back, and right again after a while",
            obstacle: clockObstacle
        ) {
            context in
            let step = Duration.seconds(-Int.random(in: 60...7_200, using: &context.random))
            context.gateway.clock.step(to: step)
            try await context.pause(300...1_500)
            context.gateway.clock.step(to: .zero)
            return "by \(step) for a while"
        },
        Fault(name: "clock-wild", summary: "the gateway's clock jumps to and fro", obstacle: clockObstacle) { context in
            let steps = Int.random(in: 5...25, using: &context.random)
            for _ in 0..<steps {
                context.gateway.clock.step(
                    to: .milliseconds(Int.random(in: -600_000...600_000, using: &context.random)))
                try await context.pause(10...120)
            }
            context.gateway.clock.step(to: .zero)
            return "\(steps) jumps of up to ten minutes"
        },
    ]

    @Sendable static func clockObstacle(_ world: World) -> String? {
        world.gateways[0].clock.isPossible
            ? nil : "the library that steps a clock could not be built: needs a C compiler"
    }
}
