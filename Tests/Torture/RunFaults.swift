import ArgumentParser
import Foundation
import Synchronization
import TortureHistory

struct RunFaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Rounds of faults under load.")

    /// So often the whole log is read, too, and at the end.
    private static let wholeEvery = 50

    @OptionGroup var options: Options

    func run() async throws {
        let seed = options.seed ?? UInt64.random(in: 1...999_999)
        let report = Report(seed: seed, isJSON: options.json)
        let interruption = Interruption()
        let faults = options.fault.isEmpty ? Fault.all : options.fault.compactMap(Fault.named)
        let schedule = Schedule(seed: seed, faults: faults)
        let rounds = options.only.map { $0...$0 } ?? 1...options.roundCount
        report.begin(rounds.count)
        let world = try await World.make(options.world)
        do {
            try await torture(world, rounds, schedule, report, interruption)
        } catch {
            await world.tearDown()
            report.stopped(by: error)
            throw ExitCode.failure
        }
        await world.tearDown()
        report.end()
        if !report.isGood { throw ExitCode.failure }
    }

    private func torture(
        _ world: World, _ rounds: ClosedRange<Int>, _ schedule: Schedule, _ report: Report,
        _ interruption: Interruption
    ) async throws {
        try await world.prepare(gateways: 1)
        let follower = try LogFollower(world: world)
        for number in rounds where !interruption.isRequested {
            let round = Round(
                number: number, fault: schedule.fault(of: number), seed: schedule.seed, world: world,
                follower: follower, shape: options.shape, isShort: options.short, keepsHistory: options.keep)
            report.add(try await round.run(), of: rounds.count)
            if number % Self.wholeEvery == 0 { report.add(whole: try await follower.verifyWhole()) }
        }
        try await world.prepare(gateways: 1)
        report.add(whole: try await follower.verifyWhole())
        await follower.close()
    }
}

/// Ctrl-C: the round under way is finished, and everything is cleared away.
final class Interruption: Sendable {
    private let isOn = Atomic<Bool>(false)
    private let source: Mutex<any DispatchSourceSignal>

    init() {
        signal(SIGINT, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        let made = DispatchSource.makeSignalSource(signal: SIGINT)
        source = Mutex(made)
        source.withLock { source in
            source.setEventHandler { [isOn = Unmanaged.passUnretained(self)] in isOn.takeUnretainedValue().request() }
            source.resume()
        }
    }

    var isRequested: Bool { isOn.load(ordering: .relaxed) }

    private func request() { isOn.store(true, ordering: .relaxed) }
}
