/// The amounts of an account. A time given here is normally now: a state knows no history, so an earlier time asks what
/// this state would be worth then, and not what the account was worth then.
///
/// None of the sums can overflow, nor be negative: each is a part of all that remains, which is at most what was
/// granted.
extension AccountState {
    /// Σ of what remains of all grants, in effect or not, expiry not yet recorded or not.
    public var balance: Credits {
        openGrants.keys.reduce(into: .zero) { $0 += grants[$1.number.index].remaining }
    }

    /// What stands on the account at `time`: what remains of the grants in effect and not expired, and of the others
    /// what a live hold reserves.
    public func posted(at time: Timestamp) -> Credits {
        var sum = Credits.zero
        for key in openGrants.keys where grants[key.number.index].isSpendable(at: time) {
            sum += grants[key.number.index].remaining
        }
        for hold in holdsByID.values where hold.isLive(at: time) {
            for allocation in hold.allocations where !grants[allocation.grant.index].isSpendable(at: time) {
                sum += allocation.units
            }
        }
        return sum
    }

    /// What the holds that are live at `time` reserve.
    public func held(at time: Timestamp) -> Credits {
        var sum = Credits.zero
        for hold in holdsByID.values where hold.isLive(at: time) {
            sum += hold.units
        }
        return sum
    }

    /// What may be debited or held at `time`: posted − held, never negative.
    public func available(at time: Timestamp) -> Credits {
        posted(at: time) - held(at: time)
    }
}
