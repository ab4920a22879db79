package import CreditDomain
package import EventStore
package import Foundation

/// Whose credits for what.
package struct Account: Sendable, Hashable {
    package let tenant: TenantID
    package let product: Product

    package init(tenant: TenantID, product: Product) {
        self.tenant = tenant
        self.product = product
    }
}

/// Something a client wants, once, however often it has to ask for it.
package struct Wish: Sendable {
    package enum Kind: Sendable, Equatable {
        /// - Parameter paid: a failed capture is recorded and costs nothing.
        case capture(UUID, hold: String?, paid: Bool)
        case check(units: Int64)
        case hold(units: Int64)
        case voidHold(String)
        case grant(units: Int64, reference: String)
        case refund(capture: UUID)
        /// Of the balance, as it is now.
        case read
    }

    package let number: Int
    package let account: Account
    package let kind: Kind

    package init(number: Int, account: Account, kind: Kind) {
        self.number = number
        self.account = account
        self.kind = kind
    }

    /// What it takes from the account, if it has to be there; nil for what needs nothing.
    var needs: Int64? {
        switch kind {
        case .capture(_, nil, paid: true): 1
        case .hold(let units): units
        default: nil
        }
    }

    /// Whether asking again with the same identifier tells what came of the first time.
    package var isKeyed: Bool {
        switch kind {
        case .check, .read: false
        default: true
        }
    }

    /// The log tells its order; a read has a place between events only.
    var isWrite: Bool { kind != .read }

    /// Whether its event changes what the account has. A check only asks.
    var movesCredits: Bool {
        switch kind {
        case .check, .read, .capture(_, _, paid: false): false
        default: true
        }
    }
}
