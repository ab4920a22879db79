import Foundation
import Testing

/// One run after the other, and others between two: tests that wait for something need the same few threads.
@Suite("A simulation of the write path", .serialized, .timeLimit(.minutes(10)))
struct SimulationTests {
    private static let seeds = 2_000

    /// The seed that ZENTRIQ_SEED asks for, or a new one; the runs count up from it.
    private static let baseSeed: UInt64 = {
        let given = ProcessInfo.processInfo.environment["ZENTRIQ_SEED"].flatMap { UInt64($0) }
        let seed = given ?? .random(in: 0...UInt64(UInt32.max))
        print("simulation: ZENTRIQ_SEED=\(seed)")
        return seed
    }()

    @Test("whatever breaks, what was acknowledged is in the log once, what was refused is not, and the rest is settled")
    func holds() async {
        let clock = ContinuousClock()
        let start = clock.now
        var steps = 0
        for seed in Self.baseSeed..<Self.baseSeed + UInt64(Self.seeds) {
            var simulation = Simulation(seed: seed)
            let violation = simulation.run()
            #expect(violation == nil, "seed \(seed)")
            steps += simulation.steps
            await Task.yield()
        }
        print("simulation: \(Self.seeds) seeds, \(steps) steps, \(clock.now - start)")
    }

    @Test("the same seed gives the same run")
    func deterministic() async {
        for seed in Self.baseSeed..<Self.baseSeed + 50 {
            var (first, second) = (Simulation(seed: seed), Simulation(seed: seed))
            #expect(first.run() == second.run())
            #expect(first.steps == second.steps)
            await Task.yield()
        }
    }

    @Test("a mistake planted on purpose is found", arguments: PlantedBug.allCases)
    func finds(bug: PlantedBug) async {
        for number in 0..<UInt64(Self.seeds) {
            var simulation = Simulation(seed: Self.baseSeed + number, bug: bug)
            await Task.yield()
            guard let violation = simulation.run() else { continue }
            print("simulation: \(bug) found after \(number + 1) seeds: \(violation)")
            return
        }
        Issue.record("\(bug) was not found")
    }
}
