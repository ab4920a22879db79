import CreditDomain

/// Random commands, most of them possible, and a clock that moves on, sometimes past an expiry and sometimes onto one.
struct CommandSource {
    private(set) var now = Timestamp.start
    private var random: SplitMix64
    private var serial = 0

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    mutating func next(for account: Account) -> CreditCommand {
        advance(account.state)
        serial += 1
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<14: return .grant(grantRequest(account))
        case 14..<34: return .hold(id: HoldID("hold-\(serial)"), units: units(), timeToLiveSeconds: seconds())
        case 34..<44: return .voidHold(anyHold(account))
        case 44..<62: return .debit(id: DebitID("capture-\(serial)"), units: units(), hold: nil)
        case 62..<76: return .debit(id: DebitID("capture-\(serial)"), units: units(), hold: anyHold(account))
        case 76..<88: return .refund(anyDebit(account))
        case 88..<96: return .check(units: units())
        default: return .settle
        }
    }

    /// Mostly a little later; now and then exactly when something expires.
    private mutating func advance(_ state: AccountState) {
        let expiries = state.grants.compactMap(\.expiresAt) + state.holds.map(\.expiresAt)
        if random.chance(15), let next = expiries.filter({ $0 > now }).min() {
            now = next
        } else if random.chance(70) {
            now = Timestamp(microseconds: now.microseconds + Int64.random(in: 0...8_000_000, using: &random))
        }
    }

    private mutating func units() -> Credits {
        Credits(random.chance(3) ? Int64.random(in: -1...0, using: &random) : Int64.random(in: 1...12, using: &random))
    }

    private mutating func seconds() -> Int64 {
        random.chance(3) ? 0 : Int64.random(in: 1...40, using: &random)
    }

    private mutating func grantRequest(_ account: Account) -> GrantRequest {
        let reference = random.chance(5) ? account.state.grants.randomElement(using: &random)?.reference : nil
        return GrantRequest(
            source: GrantSource.allCases.randomElement(using: &random) ?? .manual,
            reference: reference ?? "invoice-\(serial)", units: Credits(Int64.random(in: 1...30, using: &random)),
            priority: UInt8.random(in: 0...3, using: &random),
            effectiveAt: random.chance(30) ? later(-20...20) : nil, expiresAt: random.chance(70) ? later(-2...90) : nil)
    }

    private mutating func later(_ seconds: ClosedRange<Int64>) -> Timestamp {
        Timestamp(microseconds: now.microseconds + Int64.random(in: seconds, using: &random) * 1_000_000)
    }

    /// An open hold, or now and then one that never was or has ended.
    private mutating func anyHold(_ account: Account) -> HoldID {
        let open = account.state.holds.randomElement(using: &random)?.id
        let past = HoldID("hold-\(Int.random(in: 0...serial, using: &random))")
        return random.chance(85) ? open ?? past : past
    }

    private mutating func anyDebit(_ account: Account) -> Debit {
        let debits = account.debits.values.sorted { $0.id < $1.id }
        let open = debits.filter { !$0.isRefunded }.randomElement(using: &random)
        let stranger = Debit(id: "stranger", units: 1, allocations: [.of(4_000_000_000, 1)], isRefunded: false)
        return (random.chance(85) ? open : debits.randomElement(using: &random)) ?? stranger
    }
}
