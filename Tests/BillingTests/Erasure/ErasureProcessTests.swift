import Billing
import Foundation
import Testing

@Suite("The erasure of a person, as a value")
struct ErasureProcessTests {
    private static let stores = ["chat-eu", "files"]

    @Test(
        "goes from stage to stage, in order, and ends certified with the receipt of each store", arguments: [0, 1, 2])
    func straight(count: Int) throws {
        var world = ErasureWorld(stores: Array(Self.stores.prefix(count)))
        world.run()
        #expect(world.isErased)
        let stages = world.log.compactMap { if case .reached(let stage) = $0 { stage } else { nil } }
        #expect(stages == ErasureStage.allCases)
        #expect(Set(world.certificates.first?.keys.map(\.self) ?? []) == Set(Self.stores.prefix(count)))
    }

    @Test("killed after every single step, it ends the same", arguments: [0, 1, 2])
    func killedAtEveryStep(count: Int) throws {
        var whole = ErasureWorld(stores: Array(Self.stores.prefix(count)))
        whole.run()
        for step in 0...whole.steps {
            var world = ErasureWorld(stores: Array(Self.stores.prefix(count)))
            world.run(killedAfter: [step])
            #expect(world.outcome == whole.outcome, "killed after step \(step)")
        }
    }

    @Test("thousands of runs with deaths, failures and lost answers at random end the same")
    func simulated() throws {
        let seed =
            ProcessInfo.processInfo.environment["ZENTRIQ_SEED"].flatMap(UInt64.init)
            ?? UInt64.random(in: 0...UInt64.max)
        var whole = ErasureWorld(stores: Self.stores)
        whole.run()
        for run in 0..<5_000 {
            var random = SeededRandom(state: seed &+ UInt64(run))
            var world = ErasureWorld(stores: Self.stores)
            world.run(using: &random)
            #expect(world.outcome == whole.outcome, "ZENTRIQ_SEED=\(seed), run \(run)")
            #expect(!world.isBroken, "ZENTRIQ_SEED=\(seed), run \(run)")
            if world.outcome != whole.outcome || world.isBroken { break }
        }
    }

    @Test("while a hold covers them, they are frozen and nothing is destroyed")
    func held() throws {
        var process = try ErasureProcess([.begun(.of(UUID(), Self.stores))])
        #expect(process.next(isHeld: true) == [.freeze])
        for stage in ErasureStage.allCases.dropLast() {
            if stage == .storesCalledBack {
                for store in Self.stores { try process.evolve(.storeAnswered(store: store, receipt: [1])) }
            }
            try process.evolve(.reached(stage))
            #expect(process.next(isHeld: true).isEmpty)
            #expect(!process.next().isEmpty)
        }
    }

    @Test("a store is believed with a receipt only, and no other effect by one")
    func receipts() throws {
        var process = try ErasureProcess([.begun(.of(UUID(), ["a"]))])
        #expect(process.decide(.freeze, .answered(receipt: [1])).isEmpty)
        for stage in [ErasureStage.frozen, .subscriptionCancelled, .tokensDestroyed, .capturesDeleted] {
            try process.evolve(.reached(stage))
        }
        #expect(process.decide(.callBack(store: "a"), .done).isEmpty)
        #expect(process.decide(.callBack(store: "b"), .answered(receipt: [1])).isEmpty)
        #expect(process.decide(.destroyKeysAndMapping, .done).isEmpty)
        #expect(
            process.decide(.callBack(store: "a"), .answered(receipt: [1])) == [
                .storeAnswered(store: "a", receipt: [1]), .reached(.storesCalledBack),
            ])
    }

    @Test(
        "a history that can't have happened is refused",
        arguments: [
            [.reached(.frozen)], [.begun(.of(UUID(), ["a", "a"]))],
            [.begun(.of(UUID(), [])), .begun(.of(UUID(), []))],
            [.begun(.of(UUID(), [])), .reached(.subscriptionCancelled)],
            [.begun(.of(UUID(), [])), .reached(.frozen), .reached(.frozen)],
            [.begun(.of(UUID(), ["a"])), .storeAnswered(store: "a", receipt: [])],
            [
                .begun(.of(UUID(), ["a"])), .reached(.frozen), .reached(.subscriptionCancelled),
                .reached(.tokensDestroyed), .reached(.capturesDeleted), .reached(.storesCalledBack),
            ],
            [
                .begun(.of(UUID(), ["a"])), .reached(.frozen), .reached(.subscriptionCancelled),
                .reached(.tokensDestroyed), .reached(.capturesDeleted), .storeAnswered(store: "b", receipt: []),
            ],
        ] as [[ErasureEvent]])
    func impossible(events: [ErasureEvent]) {
        #expect(throws: ErasureProcess.Failure.self) { try ErasureProcess(events) }
    }
}
