import BenchmarkReport
import Foundation

/// The closed loops, side by side: every load once in a round, and so many rounds.
struct Loads: Sendable {
    static let uniform = Load(name: "captures, 1,000 accounts", kind: .capture)
    static let hot = Load(name: "captures, one account", kind: .capture, accounts: 1)
    static let checks = Load(name: "checks", kind: .check)
    static let mixed = Load(name: "90 % checks, 10 % captures", kind: .mixed)
    static let repeats = Load(name: "captures, 20 % repeated", kind: .capture, repeats: 0.2)
    static let balances = Load(name: "balance reads", kind: .balance)
    static let empty = Load(name: "Hummingbird, fixed JSON", kind: .get)
    static let floorHot = "floor, one account, 32 clients"
    static let accounts = 1_000

    static func floor(_ clients: Int) -> String { "floor, 1,000 accounts, \(clients) clients" }

    let options: Options
    let floor: Floor
    let loop: ClosedLoop
    let emptyURL: String

    /// Samples by name of the load, a round after the other.
    func run() async throws -> [LoadRow] {
        var samples: [String: [LoadSample]] = [:]
        let seconds = options.loadSeconds
        var names: [String] = []
        func add(_ name: String, _ sample: LoadSample) {
            if samples[name] == nil { names.append(name) }
            samples[name, default: []].append(sample)
            Progress.say("\(name): \(NumberText.grouped(sample.rate))/s")
        }
        // A first touch of everything, which does not count.
        _ = try await floor.run(clients: 32, seconds: 1, hot: false)
        _ = try await loop.run(Self.uniform, seconds: 2)
        for round in 1...options.rounds {
            Progress.say("round \(round)")
            for clients in options.quick ? [32] : Floor.clients {
                add(Self.floor(clients), try await floor.run(clients: clients, seconds: seconds, hot: false))
            }
            add(Self.uniform.name, try await loop.run(Self.uniform, seconds: seconds))
            add(Self.hot.name, try await loop.run(Self.hot, seconds: seconds))
            add(Self.floorHot, try await floor.run(clients: 32, seconds: seconds, hot: true))
            add(Self.empty.name, try await loop.wrk(Self.empty, seconds: seconds, url: emptyURL).sample)
            add(Self.balances.name, try await loop.run(Self.balances, seconds: seconds))
            for load in [Self.checks, Self.mixed, Self.repeats] {
                add(load.name, try await loop.run(load, seconds: seconds))
            }
        }
        return names.map { LoadRow($0, samples[$0] ?? []) }
    }
}
