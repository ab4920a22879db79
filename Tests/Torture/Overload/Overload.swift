import ArgumentParser
import CreditDomain
import EventStore
import Foundation
import Synchronization
import TortureHistory

struct Overload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overload", abstract: "Offer three times what the service can take, for a minute.")

    private static let tenants = 32
    private static let factor = 3.0
    private static let closedConnections = 256
    /// More than are carried out at once, so that it is the service that says no, and as many as it takes.
    private static let openConnections = 4_000
    /// An accepted request is answered within this time, of a hundred ninety-nine.
    private static let acceptedBoundMilliseconds = 5_000.0
    /// A refused one is, too, but sooner: "at once", on a machine that has no time at all.
    private static let refusedBoundMilliseconds = 2_500.0
    private static let memoryBoundBytes = 1 << 30

    @OptionGroup var options: Options

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        var settings = options.world
        settings.disk = nil
        let world = try await World.make(settings)
        let result: Swift.Result<Bool, any Error>
        do { result = .success(try await overload(world)) } catch { result = .failure(error) }
        await world.tearDown()
        if try !result.get() { throw ExitCode.failure }
    }

    private func overload(_ world: World) async throws -> Bool {
        let gateway = world.gateways[0]
        try await world.prepare(gateways: 1)
        let requests = try await requests(world)
        let (calm, minute) = options.short ? (5.0, 10.0) : (15.0, 60.0)
        let closed = Generator.Phase(rate: nil, connections: Self.closedConnections, seconds: calm)
        _ = try await Generator.run(closed, port: gateway.port, makeRequest: requests)
        let memory = MemorySampler(gateway)
        let sampling = Task { await memory.run() }
        let before = try await Generator.run(closed, port: gateway.port, makeRequest: requests)
        show("at full speed", before)
        let calmMemory = memory.peak
        let over = try await Generator.run(
            Generator.Phase(
                rate: before.acceptedPerSecond * Self.factor, connections: Self.openConnections, seconds: minute),
            port: gateway.port, makeRequest: requests)
        show("overloaded", over)
        let after = try await Generator.run(closed, port: gateway.port, makeRequest: requests)
        show("afterwards", after)
        sampling.cancel()
        say("memory of the gateway: \(calmMemory >> 20) MiB at full speed, \(memory.peak >> 20) MiB at most")
        return judge(before, over, after, memory.peak)
    }

    private func judge(_ before: Measured, _ over: Measured, _ after: Measured, _ memory: Int) -> Bool {
        let failures = [
            (over.strange.isEmpty, "other answers than 200, 201, 429 and 503: \(over.strange)"),
            (over.accepted.count > 0, "nothing was accepted"),
            (
                Measured.percentile(99, of: over.accepted) ?? 0 <= Self.acceptedBoundMilliseconds,
                "what was accepted waited too long"
            ),
            (
                Measured.percentile(99, of: over.refused) ?? 0 <= Self.refusedBoundMilliseconds,
                "what was refused waited too long"
            ),
            (memory <= Self.memoryBoundBytes, "the gateway took too much memory"),
            (after.acceptedPerSecond >= 0.8 * before.acceptedPerSecond, "not at full speed afterwards"),
        ].filter { !$0.0 }.map(\.1)
        for failure in failures { say("BROKEN: \(failure)") }
        if failures.isEmpty { say("Every promise was kept.") }
        return failures.isEmpty
    }

    /// Captures, each with an identifier of its own, spread over accounts that have enough.
    private func requests(_ world: World) async throws -> @Sendable () -> [UInt8] {
        let accounts = (0..<Self.tenants).map { _ in Account(tenant: TenantID(UUID()), product: .punchout) }
        let recorder = Recorder()
        var tokens: [Account: String] = [:]
        for account in accounts { tokens[account] = try await world.tokens.user(of: account) }
        let caller = Caller(
            http: world.http, recorder: recorder, tokens: tokens, billing: try await world.tokens.billing())
        for account in accounts {
            let wish = recorder.wish(.grant(units: 100_000_000, reference: "all"), of: account)
            guard case .accepted = await caller.ask(wish, at: world.gateways[0]) else {
                throw TortureError("a grant was not accepted")
            }
        }
        let port = world.gateways[0].port
        let counter = Counter()
        return { [tokens] in
            let next = counter.next()
            let account = accounts[next % accounts.count]
            let wish = Wish(number: next, account: account, kind: .capture(UUID(), hold: nil, paid: true))
            return HTTPRequestText(wish, id: UUID(), token: tokens[account] ?? "").bytes(port: port)
        }
    }

    private func show(_ name: String, _ measured: Measured) {
        func times(_ values: [Double]) -> String {
            let parts = [50.0, 99, 100].map { percent in
                "p\(Int(percent)) \(Measured.percentile(percent, of: values).map { "\(Int($0))" } ?? "-")"
            }
            return parts.joined(separator: ", ") + " ms"
        }
        say(
            "\(name): offered \(Int(measured.offeredPerSecond))/s, accepted \(Int(measured.acceptedPerSecond))/s (\(times(measured.accepted)))"
        )
        let total = max(measured.accepted.count + measured.refused.count + measured.broken + measured.unsent, 1)
        say(
            "    refused \(100 * measured.refused.count / total) % (\(times(measured.refused))), statuses "
                + measured.statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
                + "; connections broken \(measured.broken), never sent \(measured.unsent)")
    }

    private func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}

private final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}

/// How much memory the gateway has, several times a second.
private final class MemorySampler: Sendable {
    private let gateway: Gateway
    private let highest = Atomic<Int>(0)

    init(_ gateway: Gateway) {
        self.gateway = gateway
    }

    var peak: Int { highest.load(ordering: .relaxed) }

    func run() async {
        while !Task.isCancelled {
            highest.max(gateway.residentBytes, ordering: .relaxed)
            try? await Task.sleep(for: .milliseconds(250))
        }
    }
}
