import BenchmarkReport

/// The goals, and which measurements they are held against.
enum Figures {
    static func closedLoops(_ rows: [LoadRow]) -> [Figure] {
        let figures = LoadFigures(rows)
        var result: [Figure] = []
        func add(_ name: String, _ goal: Figure.Goal, _ load: Load, to others: [String]) {
            guard let values = figures.ratio(load.name, to: others) else { return }
            result.append(Figure(name, goal, values))
        }
        add("debits, 1,000 accounts : best floor", .atLeast(1), Loads.uniform, to: Floor.clients.map(Loads.floor))
        add("debits, one account : floor, one account", .atLeast(6), Loads.hot, to: [Loads.floorHot])
        add("debits, one account : debits, 1,000 accounts", .atLeast(0.9), Loads.hot, to: [Loads.uniform.name])
        add("balance reads : fixed JSON", .atLeast(0.8), Loads.balances, to: [Loads.empty.name])
        return result
    }
}
