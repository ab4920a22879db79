import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
package import Sealing
package import TransparencyLog

extension Command<AccountState> {
    static func check(_ request: CheckRequest, by requester: Requester) -> Self {
        let product = request.product
        return Command(
            tenant: request.tenant, actor: requester.actor, request: requester.request,
            streams: [Streams.account(product), Streams.usage(product)]
        ) { draft in
            let decided = try draft.decide(.check(units: request.units), on: product)
            guard case .checked(let answer)? = decided.last?.event, let position = decided.last?.position else {
                preconditionFailure("a check decides an answer")
            }
            var json = CanonicalWriter(reserving: 160)
            json.beginObject()
            json.key("allowed")
            json.bool(answer.allowed)
            json.credits("available", answer.available)
            json.credits("held", answer.held)
            json.position("position", position)
            if let reason = answer.reason { json.text("reason", reason.rawValue) }
            json.endObject()
            return json.bytes
        }
    }

    static func capture(_ request: CaptureRequest, by requester: Requester) -> Self {
        let capture = request.capture
        let product = capture.product
        let identifier = capture.id.lowercaseText
        let event = capture.newEvent
        return Command(
            tenant: request.tenant, actor: requester.actor, request: requester.request,
            key: CommandKeys.key(
                .capture, identifier,
                fingerprint: CommandKeys.captureFingerprint(event.data, hold: request.hold, key: requester.key)),
            sealing: requester.key, streams: [Streams.account(product), Streams.captures(product)]
        ) { draft in
            let oldest = draft.now.adding(seconds: -CaptureRequest.maximumAgeSeconds).microseconds
            let newest = draft.now.adding(seconds: CaptureRequest.maximumLeadSeconds).microseconds
            guard (oldest...newest).contains(capture.capturedAt.microseconds) else {
                throw BillingError.capturedAtOutOfRange
            }

            var debit: LogPosition?
            if capture.outcome == .success {
                let decided = try draft.decide(
                    .debit(id: DebitID(identifier), units: CaptureRequest.price, hold: request.hold), on: product)
                debit = decided.position { if case .debited = $0 { true } else { false } }
            }
            let recorded = draft.append(event, to: Streams.captures(product))

            var json = CanonicalWriter(reserving: 224)
            json.beginObject()
            json.credits("available", draft.available(product))
            json.text("capture_id", identifier)
            json.credits("debited", debit == nil ? .zero : CaptureRequest.price)
            json.key("positions")
            json.beginObject()
            json.position("capture", recorded)
            if let debit { json.position("debit", debit) }
            json.endObject()
            json.text("product", product.rawValue)
            json.endObject()
            return json.bytes
        }
    }
}

extension CaptureRequest {
    /// Of the request: two captures of one identifier are the same request if this is.
    package func fingerprint(key: SubjectKey?) -> TreeHash {
        CommandKeys.captureFingerprint(capture.newEvent.data, hold: hold, key: key)
    }
}
