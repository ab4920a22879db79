import EventStore
import Foundation

@testable import EventStore

/// Sequencers, their clients and a database that breaks, interleaved a step at a time. All that happens follows from
/// the seed.
struct Simulation {
    /// Steps in which things break; after them all is well.
    private static let stormyStepsLimit = 250
    /// More than any run needs.
    private static let stepsLimit = 20_000
    private static let start = ContinuousClock.now

    private var chance: Chance
    private var server: SimulatedServer
    private var sequencers: [SimulatedSequencer]
    private var clients: [SimulatedClient]
    private let wishes: [Wish]
    private var microseconds: Int64 = 0
    private var calendarMicroseconds: Int64 = 1_800_000_000_000_000
    private let stormySteps: Int
    /// How many of a thousand steps something breaks in.
    private let faultRate: Int
    private(set) var steps = 0

    init(seed: UInt64, bug: PlantedBug? = nil) {
        var chance = Chance(seed: seed)
        let clientCount = chance.pick(1...4)
        let wishes = (0..<clientCount * chance.pick(1...4)).map { Wish(number: $0, &chance) }
        var limits = SequencerLimits()
        limits.batchCommands = chance.pick(1...5)
        limits.batchEvents = chance.pick(1...6)
        limits.attempts = chance.pick(2...6)
        limits.retrySeconds = chance.pick(0...2)
        // Never full: what goes first follows the order of dictionaries, which is another in every process.
        limits.cachedStreams = 64
        limits.cachedOutcomes = 64
        self.wishes = wishes
        server = SimulatedServer(
            unstorable: Set(wishes.filter(\.isUnstorable).map(\.number)),
            partitionsEnd: EventTime(microseconds: calendarMicroseconds).adding(seconds: 20 * 86_400), bug: bug)
        sequencers = (0..<chance.pick(1...3)).map { _ in
            SimulatedSequencer(limits: limits, random: .seeded(chance.next()), bug: bug)
        }
        clients = (0..<clientCount).map { client in
            SimulatedClient(wishes: wishes.filter { $0.number % clientCount == client })
        }
        stormySteps = chance.pick(0...Self.stormyStepsLimit)
        faultRate = [0, 20, 60, 150][chance.pick(0...3)]
        self.chance = chance
    }

    /// Runs until nobody wants anything any more. What went wrong, in words; nil if nothing did.
    mutating func run() -> String? {
        while step() {
            steps += 1
            if let violation = server.violation { return violation }
            if steps > Self.stepsLimit { return "it does not end" }
        }
        return SimulationCheck(server: server, wishes: wishes, clients: clients).violation
    }

    private mutating func step() -> Bool {
        let isStormy = steps < stormySteps
        microseconds += Int64(chance.pick(0...20_000))
        if isStormy {
            if chance.pick(1...1_000) <= faultRate { breakSomething() }
            if server.stepsDown > 0 { server.stepsDown -= 1 }
            for index in sequencers.indices {
                sequencers[index].stepsPaused = max(0, sequencers[index].stepsPaused - 1)
                sequencers[index].stepsCutOff = max(0, sequencers[index].stepsCutOff - 1)
            }
        } else {
            server.stepsDown = 0
            server.nextFailure = nil
            for index in sequencers.indices {
                sequencers[index].stepsPaused = 0
                sequencers[index].stepsCutOff = 0
            }
        }
        if proceed() { return true }
        // Somebody may only be held up.
        return server.stepsDown > 0 || sequencers.contains { $0.stepsPaused > 0 } || server.lockHolder != nil
    }

    /// Somebody who can does the next thing. False if nobody can.
    private mutating func proceed() -> Bool {
        let count = clients.count + sequencers.count + server.sessions.count
        let first = chance.pick(0...count - 1)
        for offset in 0..<count {
            var index = (first + offset) % count
            if index < clients.count {
                if submit(index) { return true }
                continue
            }
            index -= clients.count
            if index < sequencers.count {
                if advance(index) { return true }
                continue
            }
            if server.step(index - sequencers.count) { return true }
        }
        return false
    }

    private mutating func submit(_ index: Int) -> Bool {
        guard let wish = clients[index].next(logSize: server.events.count) else { return false }
        let sequencer = chance.pick(0...sequencers.count - 1)
        clients[index].sequencer = sequencer
        sequencers[sequencer].submit(wish)
        deliver(from: sequencer)
        return true
    }

    private mutating func advance(_ index: Int) -> Bool {
        guard sequencers[index].stepsPaused == 0 else { return false }
        let now = SimulatedSequencer.Path.Moment(
            wall: EventTime(microseconds: calendarMicroseconds + microseconds),
            steady: Self.start + .microseconds(microseconds))
        guard sequencers[index].step(&server, wishes, at: now) else { return false }
        deliver(from: index)
        return true
    }

    private mutating func deliver(from index: Int) {
        for answer in sequencers[index].answers {
            let client = answer.wish % clients.count
            clients[client].answered(answer.result, logSize: server.events.count, &chance)
        }
        sequencers[index].answers = []
    }

    // MARK: Faults

    private mutating func breakSomething() {
        let index = chance.pick(0...sequencers.count - 1)
        let session = sequencers[index].hasSession
        switch chance.pick(0...9) {
        case 0...2:
            sequencers[index].lose(
                &server, requestArrives: chance.isTrue(percent: 70),
                stepsDelayed: chance.isTrue(percent: 50) ? chance.pick(1...30) : 0)
            if chance.isTrue(percent: 30) { sequencers[index].stepsCutOff = chance.pick(5...60) }
        case 3: if let session { server.terminate(session) }
        case 4:
            if let session { server.terminate(session) }
            sequencers[index].lose(&server, requestArrives: false)
        case 5: server.restart(steps: chance.pick(0...40))
        case 6: sequencers[index].stepsPaused = chance.pick(5...80)
        case 7: microseconds += Int64(chance.pick(500_000...4_000_000))
        case 8:
            server.nextFailure = [.passing, .data, .lasting, .missingPartition][chance.pick(0...3)]
        default:
            // The calendar jumps; or the server puts out who sits on the lock.
            if chance.isTrue(percent: 50) {
                calendarMicroseconds += Int64(chance.pick(-5...40)) * 86_400_000_000
            } else if let holder = server.lockHolder {
                server.terminate(holder)
            }
        }
    }
}
