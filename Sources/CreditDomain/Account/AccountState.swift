/// What an account's events add up to: enough to decide the next command, and bounded, however long the history.
///
/// There are two ways to a state, folding events with ``evolve(_:_:)`` and restoring a snapshot, and both refuse what
/// breaks an invariant. So these hold for every state:
/// - the grants are numbered 1, 2, 3…, their references differ;
/// - for each grant `0 ≤ reserved ≤ remaining ≤ units` and `units = remaining + debited − refunded + expired`;
/// - what a grant has reserved is what the open holds allocate of it;
/// - the totals are the sums over the grants, and `granted − debited + refunded − expired` is the balance.
public struct AccountState: Sendable {
    /// All grants ever given, by number.
    public internal(set) var grants: [Grant]
    /// The sums over all grants.
    public internal(set) var totals: AccountTotals

    var holdsByID: [HoldID: Hold]
    var openGrants: OpenGrants
    var references: Set<String>

    /// An account nothing happened to yet.
    public init() {
        grants = []
        totals = .zero
        holdsByID = [:]
        openGrants = OpenGrants()
        references = []
    }

    /// The open holds, by id.
    public var holds: [Hold] {
        holdsByID.values.sorted { $0.id < $1.id }
    }

    /// How many holds are open.
    public var holdCount: Int {
        holdsByID.count
    }

    /// The open hold of this name.
    public func hold(_ id: HoldID) -> Hold? {
        holdsByID[id]
    }

    /// The grant of this number.
    public func grant(_ number: GrantNumber) -> Grant? {
        guard let index = index(of: number) else { return nil }
        return grants[index]
    }

    func index(of number: GrantNumber) -> Int? {
        grants.indices.contains(number.index) ? number.index : nil
    }
}

/// States are equal when what a snapshot holds is equal; the rest is derived from that.
extension AccountState: Equatable {
    public static func == (lhs: AccountState, rhs: AccountState) -> Bool {
        lhs.totals == rhs.totals && lhs.grants == rhs.grants && lhs.holdsByID == rhs.holdsByID
    }
}
