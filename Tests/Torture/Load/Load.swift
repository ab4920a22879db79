import CreditDomain
import EventStore
import Foundation
import Synchronization
import TortureHistory

/// Many clients who want all kinds of things of a few accounts, some of them nearly empty, until told to stop.
final class Load: Sendable {
    struct Shape: Sendable {
        var clients = 24
        var meanPauseMilliseconds = 30
    }

    private static let immediateRetries = 3
    private static let settleTries = 200
    private static let settlers = 8

    let caller: Caller
    let gateways: [Gateway]
    let accounts: [Account]
    private let shape: Shape
    private let board = Board()
    private let isOver = Atomic<Bool>(false)

    init(caller: Caller, gateways: [Gateway], accounts: [Account], shape: Shape) {
        self.caller = caller
        self.gateways = gateways
        self.accounts = accounts
        self.shape = shape
    }

    func stop() { isOver.store(true, ordering: .relaxed) }

    /// Gives every account something to begin with; to every third hardly anything.
    func begin() async {
        await withTaskGroup(of: Void.self) { group in
            for (index, account) in accounts.enumerated() {
                let wish = caller.recorder.wish(
                    .grant(units: index % 3 == 2 ? 3 : 400, reference: "first"), of: account)
                group.addTask { [self] in await settle(wish) }
            }
        }
    }

    func run(_ random: SeededRandom) async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<shape.clients {
                group.addTask { [self] in await client(SeededRandom(random.state, UInt64(number))) }
            }
        }
    }

    private func client(_ seed: SeededRandom) async {
        var random = seed
        while !isOver.load(ordering: .relaxed) {
            guard let account = accounts.randomElement(using: &random),
                let gateway = gateways.randomElement(using: &random)
            else { return }
            if random.chance(4), let earlier = board.accepted(&random) {
                await caller.ask(earlier, at: gateway)
            } else {
                await pursue(caller.recorder.wish(kind(account, &random), of: account), gateway, &random)
            }
            try? await Task.sleep(for: random.milliseconds(0...2 * shape.meanPauseMilliseconds))
        }
    }

    /// Asks; and sometimes, when that tells nothing, at once again, perhaps elsewhere.
    private func pursue(_ wish: Wish, _ first: Gateway, _ random: inout SeededRandom) async {
        var gateway = first
        for _ in 0...Self.immediateRetries {
            let answer = await caller.ask(wish, at: gateway)
            board.note(wish, answer)
            switch answer {
            case .accepted, .balance: return
            case .refused(let refusal) where refusal.isDecision: return
            case .refused, .unknown: break
            }
            try? await Task.sleep(for: random.milliseconds(20...100))
            guard wish.isKeyed, random.chance(50), !isOver.load(ordering: .relaxed) else { return }
            gateway = gateways.randomElement(using: &random) ?? first
        }
    }

    private func kind(_ account: Account, _ random: inout SeededRandom) -> Wish.Kind {
        let capture = Wish.Kind.capture(random.uuid(), hold: nil, paid: true)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: return capture
        case 40..<50:
            return board.hold(account, &random).map { .capture(random.uuid(), hold: $0, paid: true) } ?? capture
        case 50..<53: return .capture(random.uuid(), hold: nil, paid: false)
        case 53..<63: return .check(units: Int64.random(in: 1...3, using: &random))
        case 63..<75: return .hold(units: Int64.random(in: 1...3, using: &random))
        case 75..<81: return board.hold(account, &random).map { .voidHold($0) } ?? capture
        case 81..<87:
            return .grant(
                units: Int64.random(in: 1...5, using: &random), reference: "grant-\(random.uuid().lowercaseText)")
        case 87..<92: return board.capture(account, &random).map { .refund(capture: $0) } ?? capture
        default: return .read
        }
    }

    // MARK: Afterwards

    /// Asks again for everything of which it is not known what came of it.
    func settle() async -> Int {
        let open = caller.recorder.unsettled
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<Self.settlers {
                group.addTask { [self] in
                    for index in stride(from: lane, to: open.count, by: Self.settlers) { await settle(open[index]) }
                }
            }
        }
        return open.count
    }

    /// Until there is an answer that decides.
    func settle(_ wish: Wish) async {
        for number in 0..<Self.settleTries {
            switch await caller.ask(wish, at: gateways[number % gateways.count]) {
            case .accepted, .balance: return
            case .refused(let refusal) where refusal.isDecision: return
            case .refused, .unknown: try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
