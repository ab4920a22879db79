/// How far an erasure is. Each stage needs what the next ones destroy: whom to cancel and to call back is known only as
/// long as the handle leads to somebody.
package enum ErasureStage: Int, Sendable, CaseIterable, Comparable {
    /// Nothing is processed any more, so that nothing new comes up behind.
    case frozen
    /// Nothing will be charged again.
    case subscriptionCancelled
    case tokensDestroyed
    case capturesDeleted
    /// Every store that holds something of theirs has said, signed, that it is gone.
    case storesCalledBack
    /// What was sealed for them can't be read any more, and the handle leads to nobody.
    case keysDestroyed
    /// The log says so.
    case certified

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    package var name: String {
        switch self {
        case .frozen: "frozen"
        case .subscriptionCancelled: "subscription_cancelled"
        case .tokensDestroyed: "tokens_destroyed"
        case .capturesDeleted: "captures_deleted"
        case .storesCalledBack: "stores_called_back"
        case .keysDestroyed: "keys_destroyed"
        case .certified: "certified"
        }
    }

    init?(name: String) {
        guard let stage = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = stage
    }
}
