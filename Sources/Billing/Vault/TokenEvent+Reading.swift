import CreditDomain
import EventStore
import Foundation
import TransparencyLog

extension TokenEvent {
    /// Nil if the type is none of these.
    init?(_ type: EventType, _ payload: PayloadReader) throws(EventDecodingError) {
        switch type {
        case EventCatalog.tokenStored:
            self = .stored(
                try TokenReference(payload), envelope: try payload.hash("envelope", of: type),
                scopes: try payload.strings("scopes"), agent: try payload.uuid("agent"))
        case EventCatalog.tokenLeased:
            self = .leased(
                try TokenReference(payload), try payload.value("purpose", as: LeasePurpose.self),
                scopes: try payload.strings("scopes"), seconds: try payload.integer("ttl_seconds"),
                agent: try payload.uuid("agent"))
        case EventCatalog.tokenRefused:
            self = .refused(
                TokenRefusal(
                    product: try payload.value("product", as: Product.self),
                    purpose: try payload.value("purpose", as: LeasePurpose.self),
                    reason: try payload.value("reason", as: TokenRefusal.Reason.self),
                    agent: try payload.uuid("agent")))
        case EventCatalog.tokenRotated:
            self = .rotated(try TokenReference(payload), envelope: try payload.hash("envelope", of: type))
        case EventCatalog.tokenConsentRequired: self = .consentRequired(try TokenReference(payload))
        case EventCatalog.tokenDisconnected:
            self = .disconnected(try TokenReference(payload), try payload.value("reason", as: Ending.self))
        case EventCatalog.tokenExpired:
            self = .expired(
                try TokenReference(payload),
                lastUsed: try payload.eventTime("last_used"))
        default: return nil
        }
    }
}

extension TokenReference {
    fileprivate init(_ payload: PayloadReader) throws(EventDecodingError) {
        self.init(
            product: try payload.value("product", as: Product.self), record: try payload.uuid("record"),
            generation: try payload.integerText("generation"))
    }
}

extension PayloadReader {
    fileprivate func hash(_ name: String, of type: EventType) throws(EventDecodingError) -> [UInt8] {
        guard let bytes = Base64.decode(Array(try string(name).utf8)), bytes.count == 32 else {
            throw .malformed(type: type.name, reason: "\(name) is no hash")
        }
        return bytes
    }
}
