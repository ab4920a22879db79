import CreditDomain
import EventStore
import Foundation
import TortureHistory

/// One fault under load, and what came of it.
struct Round: Sendable {
    enum Outcome: Sendable {
        case survived
        case broken([Violation])
        /// The machine doesn't let it happen; counted as nothing.
        case notPossible(String)
    }

    struct Result: Sendable {
        let number: Int
        let fault: String
        var outcome = Outcome.survived
        /// What was done.
        var detail = ""
        var tally = Tally()
        var seconds = 0.0
    }

    private static let tenants = 3

    let number: Int
    let fault: Fault
    let seed: UInt64
    let world: World
    let follower: LogFollower
    let shape: Load.Shape
    let isShort: Bool
    let keepsHistory: Bool

    func run() async throws -> Result {
        let start = ContinuousClock.now
        var result = Result(number: number, fault: fault.name)
        if let obstacle = fault.obstacle(world) {
            result.outcome = .notPossible(obstacle)
            return result
        }
        do {
            result = try await strike(result)
        } catch let error as NotPossible {
            result.outcome = .notPossible(error.description)
            try await world.prepare(gateways: 1)
            // What happened meanwhile is not this round's to judge.
            _ = try await follower.read(rootsOf: [])
        }
        result.seconds = (ContinuousClock.now - start) / .seconds(1)
        return result
    }

    private func strike(_ begun: Result) async throws -> Result {
        var result = begun
        var random = SeededRandom(seed, UInt64(number))
        try await world.prepare(gateways: fault.gateways)
        let accounts = (0..<Self.tenants).flatMap { _ in
            let tenant = TenantID(random.uuid())
            return Product.allCases.map { Account(tenant: tenant, product: $0) }
        }
        let recorder = Recorder()
        let load = Load(
            caller: try await caller(accounts, recorder), gateways: Array(world.gateways.prefix(fault.gateways)),
            accounts: accounts, shape: shape)
        let sampler = CheckpointSampler(world: world)
        await load.begin()
        var context = FaultContext(
            world: world, caller: load.caller, accounts: accounts, isShort: isShort, random: random)
        let sampling = Task { await sampler.run(gateways: fault.gateways) }
        let running = Task { [random] in await load.run(random) }
        var recovery: [Violation] = []
        let struck: Swift.Result<String, any Error>
        do {
            try await context.pause(200...600)
            struck = .success(try await fault.strike(&context))
        } catch { struck = .failure(error) }
        do {
            for gateway in world.gateways.prefix(fault.gateways) { try await world.waitUntilReady(gateway) }
            try await context.pause(200...600)
        } catch { recovery.append(Violation(.recovery, "\(error)")) }
        load.stop()
        await running.value
        sampling.cancel()
        await sampling.value
        result.tally.settled = await load.settle()
        result.detail = try struck.get()
        let violations = recovery + (try await judge(recorder, sampler, accounts, &result))
        if !violations.isEmpty { result.outcome = .broken(violations) }
        return result
    }

    private func caller(_ accounts: [Account], _ recorder: Recorder) async throws -> Caller {
        var tokens: [Account: String] = [:]
        for account in accounts { tokens[account] = try await world.tokens.user(of: account) }
        return Caller(
            http: world.http, recorder: recorder, tokens: tokens, billing: try await world.tokens.billing())
    }

    private func judge(
        _ recorder: Recorder, _ sampler: CheckpointSampler, _ accounts: [Account], _ result: inout Result
    ) async throws -> [Violation] {
        let news = try await follower.read(rootsOf: Set(sampler.samples.map(\.size)))
        let history = History(wishes: recorder.wishes, attempts: recorder.attempts, entries: news.entries)
        result.tally.count(history, events: news.entries.count, checkpoints: sampler.samples.count)
        let violations =
            news.violations + history.check() + sampler.check(against: news.roots)
            + (try await follower.compareProjections(news.entries, of: accounts))
        if keepsHistory || !violations.isEmpty {
            try HistoryFile.write(
                history, violations, to: "\(world.settings.state)/log/round-\(number).txt")
        }
        return violations
    }
}
