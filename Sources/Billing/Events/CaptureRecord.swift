import CanonicalJSON
package import CreditDomain
package import EventStore
package import Foundation

/// What is known of a captured cart: that it was, where, and how many lines it had. Nothing that was in it.
package struct CaptureRecord: Sendable, Hashable {
    package enum Outcome: String, Sendable, CaseIterable {
        case success, failure
    }

    package let id: UUID
    package let product: Product
    /// A bare host name.
    package let vendorHost: String
    package let lineCount: Int
    /// By the clock of the browser.
    package let capturedAt: Timestamp
    package let outcome: Outcome

    package init(
        id: UUID, product: Product, vendorHost: String, lineCount: Int, capturedAt: Timestamp, outcome: Outcome
    ) {
        self.id = id
        self.product = product
        self.vendorHost = vendorHost
        self.lineCount = lineCount
        self.capturedAt = capturedAt
        self.outcome = outcome
    }

    package var newEvent: NewEvent {
        var json = CanonicalWriter(reserving: 256)
        json.beginObject()
        write(to: &json)
        json.endObject()
        return NewEvent(EventCatalog.captureRecorded, data: json.bytes)
    }

    /// The members, in canonical order.
    func write(to json: inout CanonicalWriter) {
        json.key("capture_id")
        json.uuid(id)
        json.time("captured_at", capturedAt)
        json.key("line_count")
        json.integer(lineCount)
        json.text("outcome", outcome.rawValue)
        json.text("product", product.rawValue)
        json.text("vendor_host", vendorHost)
    }

    init(_ payload: PayloadReader) throws(EventDecodingError) {
        guard let id = UUID(text: try payload.string("capture_id")) else {
            throw .malformed(type: EventCatalog.captureRecorded.name, reason: "capture_id is not a UUID")
        }
        guard let lineCount = Int32(exactly: try payload.integer("line_count")), lineCount >= 0 else {
            throw .malformed(type: EventCatalog.captureRecorded.name, reason: "line_count is out of range")
        }
        self.init(
            id: id, product: try payload.value("product", as: Product.self),
            vendorHost: try payload.string("vendor_host"), lineCount: Int(lineCount),
            capturedAt: try payload.time("captured_at"), outcome: try payload.value("outcome", as: Outcome.self))
    }
}
