package import CreditDomain
package import EventStore

/// What a product client asks for: may this account spend so many credits.
package struct CheckRequest: Sendable {
    package let tenant: TenantID
    package let product: Product
    package let units: Credits

    package init(tenant: TenantID, product: Product, units: Credits) {
        self.tenant = tenant
        self.product = product
        self.units = units
    }
}

/// A capture to be recorded and, if it succeeded, paid for with one credit.
package struct CaptureRequest: Sendable {
    package static let price = Credits(1)
    package static let maximumAgeSeconds: Int64 = 24 * 3600
    package static let maximumLeadSeconds: Int64 = 5 * 60

    package let tenant: TenantID
    package let capture: CaptureRecord
    /// The hold to pay from.
    package let hold: HoldID?

    package init(tenant: TenantID, capture: CaptureRecord, hold: HoldID?) {
        self.tenant = tenant
        self.capture = capture
        self.hold = hold
    }
}

/// Credits to be set aside for a time.
package struct HoldRequest: Sendable {
    package let tenant: TenantID
    package let product: Product
    package let units: Credits
    package let timeToLiveSeconds: Int64

    package init(tenant: TenantID, product: Product, units: Credits, timeToLiveSeconds: Int64) {
        self.tenant = tenant
        self.product = product
        self.units = units
        self.timeToLiveSeconds = timeToLiveSeconds
    }
}

/// Credits to be given to an account.
package struct GrantOrder: Sendable {
    package let tenant: TenantID
    package let product: Product
    package let grant: GrantRequest

    package init(tenant: TenantID, product: Product, grant: GrantRequest) {
        self.tenant = tenant
        self.product = product
        self.grant = grant
    }
}
