import Foundation

extension Fault {
    static let connectionFaults = [
        cut(
            "cut-append", .inTheMiddle,
            "the connection is cut in the middle of an append, before the server has all of it"),
        cut(
            "cut-answer", .beforeTheAnswer,
            "the connection is cut after the commit reached the server, before its answer"),
        cut("late-append", .late, "the append reaches the server after the gateway has given the connection up"),
        cut("half-close-server", .halfClosedToServer, "the server sees the end of the stream behind an append"),
        cut(
            "half-close-gateway", .halfClosedToGateway, "the gateway sees the end of the stream in place of the answer"),
        cut("silent-network", .silence, "nothing arrives for a while after an append, then the connection is gone"),
        Fault(name: "slow-network", summary: "every packet to and from the database is delayed") { context in
            let delay = context.random.milliseconds(5...150)
            context.gateway.proxy.set(DatabaseProxy.Behaviour(delay: delay))
            try await context.pause(500...2_000)
            context.gateway.proxy.set(DatabaseProxy.Behaviour())
            return "by \(delay)"
        },
        Fault(name: "unreachable-database", summary: "the connection is cut and no new one is taken for a while") {
            context in
            context.gateway.proxy.set(
                DatabaseProxy.Behaviour(
                    cut: .beforeTheAnswer, cuts: 1, isClosed: true))
            let time = context.random.milliseconds(300...5_000)
            try await Task.sleep(for: time)
            context.gateway.proxy.set(DatabaseProxy.Behaviour())
            return "for \(time)"
        },
    ]

    private static func cut(_ name: String, _ cut: DatabaseProxy.Cut, _ summary: String) -> Fault {
        Fault(name: name, summary: summary) { context in
            let proxy = context.gateway.proxy
            let before = proxy.cutCount
            let cuts = Int.random(in: 1...4, using: &context.random)
            proxy.set(
                DatabaseProxy.Behaviour(
                    cut: cut, cuts: cuts, pause: context.random.milliseconds(50...1_200),
                    part: Int.random(in: 1...99, using: &context.random)))
            let deadline = ContinuousClock.now + .seconds(5)
            while proxy.cutCount < before + cuts, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(10))
            }
            proxy.set(DatabaseProxy.Behaviour())
            return "\(proxy.cutCount - before) appends"
        }
    }
}
