import CreditDomain

/// An event of an account as a line of its statement.
struct Movement: Sendable, Equatable {
    let kind: String
    let units: Int64
    /// Of the balance. Zero for holds: they only change what is available.
    let change: Int64
    /// What it refers to outside: an order's reference, a capture, a hold, a grant's number.
    let reference: String?

    /// Nil for what moves nothing.
    init?(_ event: CreditEvent) {
        switch event {
        case .granted(let granted):
            self.init("grant", granted.units, sign: 1, granted.reference)
        case .debited(let debited):
            self.init("debit", debited.units, sign: -1, debited.debit.rawValue)
        case .refunded(let refunded):
            self.init("refund", refunded.units, sign: 1, refunded.debit.rawValue)
        case .grantExpired(let grant, let units):
            self.init("expiry", units, sign: -1, String(grant.rawValue))
        case .held(let placed):
            self.init("hold", placed.units, sign: 0, placed.hold.rawValue)
        case .holdVoided(let hold):
            self.init("hold_voided", .zero, sign: 0, hold.rawValue)
        case .holdExpired(let hold):
            self.init("hold_expired", .zero, sign: 0, hold.rawValue)
        case .checked:
            return nil
        }
    }

    private init(_ kind: String, _ units: Credits, sign: Int64, _ reference: String) {
        self.kind = kind
        self.units = units.rawValue
        change = sign * units.rawValue
        self.reference = reference
    }
}
