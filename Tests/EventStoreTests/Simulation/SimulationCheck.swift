import EventStore

@testable import EventStore

/// What must hold at the end of a simulation, when nothing is under way any more.
struct SimulationCheck {
    let server: SimulatedServer
    let wishes: [Wish]
    let clients: [SimulatedClient]

    /// The first that does not hold, in words.
    var violation: String? {
        guard clients.allSatisfy(\.isDone) else { return "somebody still waits" }
        return wrongLog ?? clients.lazy.compactMap { wrongFate(of: $0) }.first ?? wrongClaim
            ?? clients.lazy.compactMap { wrongRefusal(of: $0) }.first
    }

    /// Versions without gaps, no balance below zero, heads that are the fold of their events.
    private var wrongLog: String? {
        var balances: [StreamKey: (version: Int64, value: Int64)] = [:]
        for (position, event) in server.events.enumerated() {
            var (version, value) = balances[event.stream] ?? (0, 0)
            version += 1
            value += wishes[event.wish].amount
            if event.version != version { return "version \(event.version) at \(position), not \(version)" }
            if value < 0 { return "a balance of \(value) at \(position)" }
            balances[event.stream] = (version, value)
        }
        for (stream, balance) in balances {
            let head = server.streams[stream]
            if head?.version.rawValue != balance.version || head?.state?.value != balance.value {
                return "the head of \(stream.stream.name) is not the fold of its events"
            }
        }
        return nil
    }

    private func wrongFate(of client: SimulatedClient) -> String? {
        for (number, fate) in client.fates {
            if let violation = fate.violation { return violation }
            let positions = server.events.indices.filter { server.events[$0].wish == number }
            let isOnce = positions.count == wishes[number].events
            if let accepted = fate.accepted {
                guard isOnce else { return "acknowledged, and \(positions.count) times in the log" }
                if accepted.position?.rawValue != Int64(positions[0]) { return "acknowledged at another position" }
                if accepted.response != response(of: number, at: positions) { return "a wrong answer" }
            } else if fate.isUnknown {
                if wishes[number].isKeyed { return "not settled by asking again" }
                guard isOnce || positions.isEmpty else { return "unknown, and \(positions.count) times in the log" }
            } else if !positions.isEmpty, !(fate.isRefusedInDoubt && isOnce) {
                return fate.isRefused ? "refused, and in the log" : "not carried out, and in the log"
            }
        }
        return nil
    }

    /// The balance just after the wish.
    private func response(of number: Int, at positions: [Int]) -> [UInt8] {
        guard let last = positions.last else { return [] }
        return Array("\(balance(of: wishes[number].stream, size: last + 1))".utf8)
    }

    private func balance(of stream: StreamID, size: Int) -> Int64 {
        server.events[..<size].reduce(0) { $0 + ($1.stream.stream == stream ? wishes[$1.wish].amount : 0) }
    }

    private var wrongClaim: String? {
        for claim in 0...1 {
            let holders = Set(server.events.map(\.wish)).filter { wishes[$0].claim == claim }
            if holders.count > 1 { return "one claim taken \(holders.count) times" }
        }
        return nil
    }

    /// A refusal rests on what was true at some time between asking and answering.
    private func wrongRefusal(of client: SimulatedClient) -> String? {
        for refusal in client.refusals {
            let wish = wishes[refusal.wish]
            switch refusal.error {
            case let error as TooLittle:
                guard refusal.sizes.contains(where: { balance(of: wish.stream, size: $0) == error.value }) else {
                    return "refused for a balance of \(error.value), which it never was meanwhile"
                }
            case let error as Taken:
                let position = Int(error.holder.rawValue)
                guard position < refusal.sizes.upperBound, wishes[server.events[position].wish].claim == wish.claim
                else { return "refused for a claim that nobody has" }
            default: return "refused because of \(refusal.error)"
            }
        }
        return nil
    }
}
