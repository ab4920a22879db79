import BillingTesting
import CreditDomain

/// An account that random commands happen to, most of them possible, under a clock that moves on.
struct RandomAccount {
    private(set) var state = AccountState()
    private(set) var events: [CreditEvent] = []
    private(set) var now = Timestamp(microseconds: 1_767_323_045_678_901)
    private var debits: [DebitID: Debit] = [:]
    private var random: SplitMix64
    private var serial = 0

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// One command. A refusal by the domain is an ordinary end of it.
    mutating func step() throws(CreditError) {
        now = Timestamp(microseconds: now.microseconds + Int64.random(in: 0...6_000_000, using: &random))
        serial += 1
        let command = command()
        do {
            try run(command)
        } catch {
            if case .impossibleEvent = error { throw error }
        }
    }

    mutating func run(_ command: CreditCommand) throws(CreditError) {
        for event in try decide(command, state, now: now) {
            try evolve(&state, event)
            events.append(event)
            switch event {
            case .debited(let debited): try Debit.evolve(&debits[debited.debit], event)
            case .refunded(let refunded): try Debit.evolve(&debits[refunded.debit], event)
            default: break
            }
        }
    }

    private mutating func command() -> CreditCommand {
        let units = Credits(Int64.random(in: 1...9, using: &random))
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<20:
            return .grant(
                GrantRequest(
                    source: GrantSource.allCases.randomElement(using: &random) ?? .manual,
                    reference: "order \(serial) \u{1F9FE}\u{2028}\"\\",
                    units: Credits(Int64.random(in: 1...40, using: &random)),
                    priority: UInt8.random(in: 0...2, using: &random),
                    effectiveAt: Bool.random(using: &random) ? later(-10...10) : nil,
                    expiresAt: Bool.random(using: &random) ? later(11...120) : nil))
        case 20..<40:
            return .hold(
                id: HoldID("hold-\(serial)"), units: units,
                timeToLiveSeconds: Int64.random(in: 1...60, using: &random))
        case 40..<50:
            return .voidHold(state.holds.randomElement(using: &random)?.id ?? HoldID("none"))
        case 50..<80:
            let hold = Bool.random(using: &random) ? state.holds.randomElement(using: &random)?.id : nil
            return .debit(id: DebitID("capture-\(serial)"), units: units, hold: hold)
        case 80..<95:
            let ids = debits.keys.sorted()
            guard let id = ids.randomElement(using: &random), let debit = debits[id] else { return .settle }
            return .refund(debit)
        default: return .settle
        }
    }

    private mutating func later(_ seconds: ClosedRange<Int64>) -> Timestamp {
        Timestamp(microseconds: now.microseconds + Int64.random(in: seconds, using: &random) * 1_000_000)
    }
}
