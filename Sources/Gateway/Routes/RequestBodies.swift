import Billing
import CreditDomain
import Edge
import EventStore
import Foundation

/// The bodies of commands. Each is closed: a member that is not asked for here is an error, so nothing that could be
/// the content of a cart has a place to stand in.
extension StrictObject {
    mutating func product() -> Product? {
        enumeration("product")
    }

    /// A UUID that is known to be one once `finish` has not thrown.
    mutating func identifier(_ name: String) -> UUID? {
        UUID(text: uuid(name))
    }

    mutating func units(default fallback: Int64? = nil) -> Credits {
        guard let fallback else { return Credits(integer("units", in: CreditLimits.units)) }
        return Credits(optionalInteger("units", in: CreditLimits.units, default: fallback))
    }
}

struct CheckBody {
    let product: Product
    let units: Credits

    init(_ object: consuming StrictObject) throws {
        let product = object.product()
        units = object.units(default: 1)
        try object.finish()
        self.product = try known(product)
    }
}

struct CaptureBody {
    static let lineCounts: ClosedRange<Int64> = 1...10_000

    let capture: CaptureRecord
    let hold: HoldID?

    init(_ object: consuming StrictObject) throws {
        let id = object.identifier("capture_id")
        let product = object.product()
        let host = object.hostName("vendor_host")
        let lines = object.integer("line_count", in: Self.lineCounts)
        let time = object.timestamp("captured_at")
        let outcome = object.enumeration("outcome", of: CaptureRecord.Outcome.self)
        let hold = object.optionalUUID("hold_id")
        if hold != nil, outcome == .failure { object.refuse("hold_id", "has no meaning for a failed capture") }
        try object.finish()
        capture = CaptureRecord(
            id: try known(id), product: try known(product), vendorHost: host, lineCount: Int(lines),
            capturedAt: Timestamp(microseconds: time), outcome: try known(outcome))
        self.hold = hold.map(HoldID.init)
    }
}

struct HoldBody {
    let product: Product
    let units: Credits
    let seconds: Int64

    init(_ object: consuming StrictObject) throws {
        let product = object.product()
        units = object.units()
        seconds = object.integer("ttl_seconds", in: CreditLimits.timeToLiveSeconds)
        try object.finish()
        self.product = try known(product)
    }
}

struct GrantBody {
    let order: GrantOrder

    init(_ object: consuming StrictObject) throws {
        let tenant = object.identifier("tenant_id")
        let product = object.product()
        let units = object.units()
        let source = object.enumeration("source", of: GrantSource.self)
        let priority = object.optionalInteger(
            "priority", in: 0...255, default: Int64(GrantRequest.defaultPriority))
        let effectiveAt = object.optionalTimestamp("effective_at")
        let expiresAt = object.optionalTimestamp("expires_at")
        let reference = object.string("reference", maximumBytes: CreditLimits.referenceBytes.upperBound)
        try object.finish()
        order = GrantOrder(
            tenant: TenantID(try known(tenant)), product: try known(product),
            grant: GrantRequest(
                source: try known(source), reference: reference, units: units, priority: UInt8(priority),
                effectiveAt: effectiveAt.map(Timestamp.init(microseconds:)),
                expiresAt: expiresAt.map(Timestamp.init(microseconds:))))
    }
}

struct RefundBody {
    let tenant: TenantID

    init(_ object: consuming StrictObject) throws {
        let tenant = object.identifier("tenant_id")
        try object.finish()
        self.tenant = TenantID(try known(tenant))
    }
}

/// A field that `finish` has found to be right.
private func known<Value>(_ value: Value?) throws(ProblemDetails) -> Value {
    guard let value else { throw ProblemDetails(.validation) }
    return value
}
