import CreditDomain

/// The slow and obvious account: keeps the history, and answers every question by going through it again. It shares no
/// arithmetic with the domain, so the two agree only if both are right.
struct Ledger {
    var grants: [Granted] = []
    var remaining: [GrantNumber: Int64] = [:]
    var holds: [HoldID: HoldPlaced] = [:]
    var endedHolds: [HoldID: Int] = [:]
    var sums = AccountTotals.zero
    var refunds: [DebitID: Int] = [:]

    init(_ history: [CreditEvent]) {
        for event in history { record(event) }
    }

    mutating func record(_ event: CreditEvent) {
        switch event {
        case .granted(let granted):
            grants.append(granted)
            remaining[granted.number] = granted.units.rawValue
            sums = sums.plus(granted: granted.units)
        case .held(let placed):
            holds[placed.hold] = placed
        case .holdVoided(let id), .holdExpired(let id):
            end(id)
        case .debited(let debited):
            if let hold = debited.hold { end(hold) }
            for part in debited.allocations { remaining[part.grant, default: 0] -= part.units.rawValue }
            sums = sums.plus(debited: debited.units)
        case .refunded(let refunded):
            for part in refunded.allocations { remaining[part.grant, default: 0] += part.units.rawValue }
            refunds[refunded.debit, default: 0] += 1
            sums = sums.plus(refunded: refunded.units)
        case .grantExpired(let number, let units):
            remaining[number, default: 0] -= units.rawValue
            sums = sums.plus(expired: units)
        case .checked:
            break
        }
    }

    private mutating func end(_ hold: HoldID) {
        holds[hold] = nil
        endedHolds[hold, default: 0] += 1
    }

    /// What live holds reserve of a grant.
    func reserved(of grant: GrantNumber, at time: Timestamp) -> Int64 {
        holds.values.filter { time < $0.expiresAt }.flatMap(\.allocations).filter { $0.grant == grant }
            .reduce(0) { $0 + $1.units.rawValue }
    }

    func isSpendable(_ grant: Granted, at time: Timestamp) -> Bool {
        grant.effectiveAt <= time && time < (grant.expiresAt ?? Timestamp(microseconds: .max))
    }

    func posted(at time: Timestamp) -> Int64 {
        grants.reduce(0) { sum, grant in
            let spendable = isSpendable(grant, at: time)
            return sum + (spendable ? remaining[grant.number, default: 0] : reserved(of: grant.number, at: time))
        }
    }

    func held(at time: Timestamp) -> Int64 {
        holds.values.filter { time < $0.expiresAt }.reduce(0) { $0 + $1.units.rawValue }
    }

    func available(at time: Timestamp) -> Int64 {
        grants.filter { isSpendable($0, at: time) }.reduce(0) { sum, grant in
            sum + remaining[grant.number, default: 0] - reserved(of: grant.number, at: time)
        }
    }

    /// What a debit or hold of so many units has to take: one unit after the other, each from the best grant left.
    func allocations(of units: Int64, at time: Timestamp) -> [Allocation] {
        let order = grants.filter { isSpendable($0, at: time) }.sorted { left, right in
            let leftExpiry = left.expiresAt?.microseconds ?? .max
            let rightExpiry = right.expiresAt?.microseconds ?? .max
            return (left.priority, leftExpiry, left.number) < (right.priority, rightExpiry, right.number)
        }
        var taken: [Allocation] = []
        var missing = units
        for grant in order {
            let part = min(missing, remaining[grant.number, default: 0] - reserved(of: grant.number, at: time))
            guard part > 0 else { continue }
            taken.append(Allocation(grant: grant.number, units: Credits(part)))
            missing -= part
        }
        return taken
    }
}

extension AccountTotals {
    fileprivate func plus(
        granted: Credits = .zero, debited: Credits = .zero, refunded: Credits = .zero, expired: Credits = .zero
    ) -> AccountTotals {
        AccountTotals(
            granted: self.granted + granted.rawValue, debited: self.debited + debited.rawValue,
            refunded: self.refunded + refunded.rawValue, expired: self.expired + expired.rawValue)
    }
}
