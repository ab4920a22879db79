import BenchmarkReport

/// The goals, and which measurements they are held against.
enum Figures {
    static func all(_ rows: [LoadRow], _ sizes: [Int]) -> [Figure] {
        let figures = LoadFigures(rows)
        var result: [Figure] = []
        func add(_ name: String, _ goal: Figure.Goal, _ load: String, to others: [String], note: String? = nil) {
            guard let values = figures.ratio(load, to: others) else { return }
            result.append(Figure(name, goal, values, note: note))
        }
        let floors = Floor.clients.map(Loads.floor)
        let uniform = Loads.uniform.name
        let hot = Loads.hot.name
        add("debits, 1,000 accounts : best floor", .atLeast(1), uniform, to: floors)
        add("debits, one account : floor, one account", .atLeast(6), hot, to: [Loads.floorHot])
        add("debits, one account : debits, 1,000 accounts", .atLeast(0.9), hot, to: [uniform])
        for peer in Peer.all {
            guard let ratio = figures.ratio(uniform, to: floors),
                let values = Spread(ratio.rounds.map { $0 / peer.shareOfFloor })
            else { continue }
            result.append(Figure("debits : \(peer.name)", .atLeast(5), values, note: Peer.note))
        }
        if let values = figures.latencyRatio(Latency.name(50)) {
            result.append(Figure("p99 : median latency at half of the maximum", .atMost(5), values))
        }
        add("bulk append : COPY", .atLeast(0.6), Bulk.append, to: [Bulk.copy])
        add("balance reads : fixed JSON", .atLeast(0.8), Loads.balances.name, to: [Loads.empty.name])
        add("verification : COPY out", .atLeast(0.5), Replaying.verify, to: [Replaying.copy])
        add("replay : COPY out", .atLeast(0.5), Replaying.replay, to: [Replaying.copy])
        if let first = sizes.first, let last = sizes.last, first < last {
            let note = "\(NumberText.grouped(Double(last))) : \(NumberText.grouped(Double(first))) events"
            // The cost is the time, so the slower one stands above.
            add(
                "append cost as the log grows", .atMost(1.2), Growth.append(first), to: [Growth.append(last)],
                note: note)
            add(
                "balance read cost as the log grows", .atMost(1.2), Growth.read(first), to: [Growth.read(last)],
                note: note)
        }
        return result
    }
}
