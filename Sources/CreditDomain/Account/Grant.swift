/// Credits given to an account, and what has become of them.
///
/// `units = remaining + debited − refunded + expired`, always.
public struct Grant: Sendable, Equatable {
    /// The grant's number within its account.
    public let number: GrantNumber
    /// Where the credits come from.
    public let source: GrantSource
    /// What the grant stands for elsewhere (an invoice, a payment); unique within the account for ever.
    public let reference: String
    /// How many credits were given; at least 1.
    public let units: Credits
    /// Not debited and not expired; includes what holds reserve.
    public internal(set) var remaining: Credits
    /// The part of ``remaining`` that open holds reserve. Zero until the grant is part of an ``AccountState``, which
    /// derives it from its holds.
    public internal(set) var reserved: Credits
    /// The lower burns first.
    public let priority: UInt8
    /// From this instant the credits may be spent.
    public let effectiveAt: Timestamp
    /// From this instant the credits may not be spent any more, except what a hold reserved before. Later than
    /// ``effectiveAt``; `nil` for never.
    public let expiresAt: Timestamp?
    /// All that was ever debited, refunded since or not.
    public internal(set) var debited: Credits
    /// All that was ever refunded.
    public internal(set) var refunded: Credits
    /// All that lapsed.
    public internal(set) var expired: Credits

    /// A grant as a snapshot has it. Nothing is checked here, but when it becomes part of an ``AccountState``.
    public init(
        number: GrantNumber, source: GrantSource, reference: String, units: Credits, remaining: Credits,
        priority: UInt8, effectiveAt: Timestamp, expiresAt: Timestamp?, debited: Credits, refunded: Credits,
        expired: Credits
    ) {
        self.number = number
        self.source = source
        self.reference = reference
        self.units = units
        self.remaining = remaining
        self.reserved = .zero
        self.priority = priority
        self.effectiveAt = effectiveAt
        self.expiresAt = expiresAt
        self.debited = debited
        self.refunded = refunded
        self.expired = expired
    }

    /// A grant as it was given: all of it remains.
    init(_ granted: Granted) {
        self.init(
            number: granted.number, source: granted.source, reference: granted.reference, units: granted.units,
            remaining: granted.units, priority: granted.priority, effectiveAt: granted.effectiveAt,
            expiresAt: granted.expiresAt, debited: .zero, refunded: .zero, expired: .zero)
    }

    /// What remains and no hold reserves.
    public var unreserved: Credits {
        remaining - reserved
    }

    /// Whether the grant's time has passed at `time`.
    public func isExpired(at time: Timestamp) -> Bool {
        guard let expiresAt else { return false }
        return expiresAt <= time
    }

    /// Whether the grant is in effect and not expired at `time`.
    public func isSpendable(at time: Timestamp) -> Bool {
        effectiveAt <= time && !isExpired(at: time)
    }
}
