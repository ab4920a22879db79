/// What a grant's place in the burn order follows from: the lower priority first, then the earlier expiry (none is
/// last), then the older grant. None of it changes while the grant lives, so neither does the order.
struct BurnKey: Sendable, Hashable, Comparable {
    let priority: UInt8
    let expiresAt: Timestamp?
    let number: GrantNumber

    static func < (lhs: BurnKey, rhs: BurnKey) -> Bool {
        if lhs.priority != rhs.priority { return lhs.priority < rhs.priority }
        switch (lhs.expiresAt, rhs.expiresAt) {
        case (let left?, let right?) where left != right: return left < right
        case (.some, .none): return true
        case (.none, .some): return false
        default: return lhs.number < rhs.number
        }
    }
}

extension Grant {
    var burnKey: BurnKey {
        BurnKey(priority: priority, expiresAt: expiresAt, number: number)
    }
}
