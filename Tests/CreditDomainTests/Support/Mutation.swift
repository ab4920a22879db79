import CreditDomain

/// Events as somebody with write access to the log might leave them.
enum Mutation {
    private static let amounts: [Int64] = [.min, .min + 1, -1, 0, 1, 2, 1_000_000_000, .max - 1, .max]
    private static let numbers: [UInt32] = [0, 1, 2, 3, 9_999, .max]

    static func mutants(of event: CreditEvent, using random: inout SplitMix64) -> [CreditEvent] {
        let units = Credits(amounts.randomElement(using: &random) ?? 0)
        let number = GrantNumber(numbers.randomElement(using: &random) ?? 0)
        let time = Timestamp(microseconds: amounts.randomElement(using: &random) ?? 0)
        switch event {
        case .granted(let granted):
            return [
                .granted(granted.with(units: units)), .granted(granted.with(number: number)),
                .granted(granted.with(expiresAt: time)), .granted(granted.with(reference: "")),
            ]
        case .held(let placed):
            return allocations(placed.allocations, units, number, using: &random).map { list in
                .held(HoldPlaced(hold: placed.hold, units: placed.units, allocations: list, expiresAt: time))
            } + [
                .held(HoldPlaced(hold: placed.hold, units: units, allocations: placed.allocations, expiresAt: time)),
                .holdVoided(placed.hold),
            ]
        case .holdVoided(let hold), .holdExpired(let hold):
            return [
                .holdVoided("never placed"), .holdExpired(HoldID("")),
                .debited(Debited(debit: "forged", units: units, allocations: [], hold: hold)),
                .debited(Debited(debit: "forged", units: 1, allocations: [.of(number, 1)], hold: hold)),
            ]
        case .debited(let debited):
            return allocations(debited.allocations, units, number, using: &random).map { list in
                .debited(
                    Debited(debit: debited.debit, units: debited.units, allocations: list, hold: debited.hold))
            } + [
                .debited(
                    Debited(debit: debited.debit, units: units, allocations: debited.allocations, hold: debited.hold)),
                .debited(
                    Debited(debit: debited.debit, units: debited.units, allocations: debited.allocations, hold: "x")),
                .refunded(Refunded(debit: debited.debit, units: debited.units, allocations: debited.allocations)),
            ]
        case .refunded(let refunded):
            return allocations(refunded.allocations, units, number, using: &random).map { list in
                .refunded(Refunded(debit: refunded.debit, units: refunded.units, allocations: list))
            } + [.refunded(Refunded(debit: refunded.debit, units: units, allocations: refunded.allocations))]
        case .grantExpired(let grant, let lapsed):
            return [
                .grantExpired(number, lapsed), .grantExpired(grant, units),
                .grantExpired(grant, Credits(lapsed.rawValue + 1)), .grantExpired(grant, Credits(lapsed.rawValue - 1)),
            ]
        case .checked(let checked):
            return [
                .checked(
                    Checked(
                        units: units, allowed: checked.allowed, available: checked.available, held: checked.held,
                        reason: checked.reason)),
                .checked(
                    Checked(
                        units: checked.units, allowed: !checked.allowed, available: checked.available,
                        held: checked.held, reason: checked.reason)),
            ]
        }
    }

    /// The list with one part changed, lost, doubled, overflowing or out of order.
    private static func allocations(
        _ list: [Allocation], _ units: Credits, _ number: GrantNumber, using random: inout SplitMix64
    ) -> [[Allocation]] {
        var changed = list
        changed[Int.random(in: list.indices, using: &random)] = .of(number, units)
        let huge = Allocation.of(list[0].grant, Credits(.max))
        return [changed, Array(list.dropLast()), list + list, list.reversed(), [huge, huge], [.of(number, units)]]
    }
}

extension Granted {
    fileprivate func with(
        number: GrantNumber? = nil, reference: String? = nil, units: Credits? = nil, expiresAt: Timestamp? = nil
    ) -> Granted {
        Granted(
            number: number ?? self.number, source: source, reference: reference ?? self.reference,
            units: units ?? self.units, priority: priority, effectiveAt: effectiveAt,
            expiresAt: expiresAt ?? self.expiresAt)
    }
}
