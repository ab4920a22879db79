/// What time does to an account.
extension AccountState {
    /// What became due by `time` and is not recorded yet: the ends of holds, earliest first, then what lapsed of
    /// grants, in burn order. A part that a live hold reserves does not lapse before the hold ends.
    func due(at time: Timestamp) -> [CreditEvent] {
        var events: [CreditEvent] = []
        var freed: [GrantNumber: Credits] = [:]
        for hold in holdsDue(at: time) {
            events.append(.holdExpired(hold.id))
            for allocation in hold.allocations {
                freed[allocation.grant, default: .zero] += allocation.units
            }
        }
        for key in openGrants.keys where grants[key.number.index].isExpired(at: time) {
            let units = grants[key.number.index].unreserved + freed[key.number, default: .zero]
            if units > .zero {
                events.append(.grantExpired(key.number, units))
            }
        }
        return events
    }

    /// What lapses again at once, of allocations that were just freed or refunded: all that belongs to a grant past its
    /// expiry. In a settled state nothing else of such a grant is unreserved.
    func lapsed(_ allocations: [Allocation], at time: Timestamp) -> [CreditEvent] {
        allocations
            .filter { grants[$0.grant.index].isExpired(at: time) }
            .map { .grantExpired($0.grant, $0.units) }
    }

    private func holdsDue(at time: Timestamp) -> [Hold] {
        guard !holdsByID.isEmpty else { return [] }
        return holdsByID.values
            .filter { !$0.isLive(at: time) }
            .sorted { ($0.expiresAt, $0.id) < ($1.expiresAt, $1.id) }
    }
}
