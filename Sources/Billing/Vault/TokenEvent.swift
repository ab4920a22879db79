import CanonicalJSON
import CreditDomain
package import EventStore
package import Foundation
import TransparencyLog

/// What becomes of the tokens of a person, in a stream of each product. Never the token: its generation, and the
/// SHA-256 of the envelope that it is sealed in.
package enum TokenEvent: Sendable, Hashable {
    /// Why a token was destroyed before its time.
    package enum Ending: String, Sendable, CaseIterable {
        case person, uninstalled, erasure
        /// The person connected anew.
        case replaced
        /// The database was restored from a backup: what it holds is an older generation, or was disconnected since.
        case restored
    }

    /// - Parameter agent: the application that brought it.
    case stored(TokenReference, envelope: [UInt8], scopes: [String], agent: UUID)
    /// From here on the token is used.
    case leased(TokenReference, LeasePurpose, scopes: [String], seconds: Int64, agent: UUID)
    case refused(TokenRefusal)
    /// The identity provider has answered, and this is the generation from now on.
    case rotated(TokenReference, envelope: [UInt8])
    /// The identity provider takes the token no more: it is destroyed, and the person has to connect anew.
    case consentRequired(TokenReference)
    case disconnected(TokenReference, Ending)
    /// Destroyed, because nobody had used it for so long.
    case expired(TokenReference, lastUsed: EventTime)

    package var newEvent: NewEvent {
        var json = CanonicalWriter(reserving: 320)
        json.beginObject()
        switch self {
        case .stored(let token, let envelope, let scopes, let agent):
            json.text("agent", agent.lowercaseText)
            json.text("envelope", Base64.encode(envelope))
            json.write(token, scopes: scopes)
        case .leased(let token, let purpose, let scopes, let seconds, let agent):
            json.text("agent", agent.lowercaseText)
            json.key("generation")
            json.integerText(token.generation)
            json.text("product", token.product.rawValue)
            json.text("purpose", purpose.rawValue)
            json.text("record", token.record.lowercaseText)
            json.scopes(scopes)
            json.key("ttl_seconds")
            json.integer(Int(seconds))
        case .refused(let refusal):
            json.text("agent", refusal.agent.lowercaseText)
            json.text("product", refusal.product.rawValue)
            json.text("purpose", refusal.purpose.rawValue)
            json.text("reason", refusal.reason.rawValue)
        case .rotated(let token, let envelope):
            json.text("envelope", Base64.encode(envelope))
            json.write(token)
        case .consentRequired(let token): json.write(token)
        case .disconnected(let token, let ending):
            json.key("generation")
            json.integerText(token.generation)
            json.text("product", token.product.rawValue)
            json.text("reason", ending.rawValue)
            json.text("record", token.record.lowercaseText)
        case .expired(let token, let lastUsed):
            json.key("generation")
            json.integerText(token.generation)
            json.text("last_used", lastUsed.text)
            json.text("product", token.product.rawValue)
            json.text("record", token.record.lowercaseText)
        }
        json.endObject()
        return NewEvent(type, data: json.bytes)
    }

    private var type: EventType {
        switch self {
        case .stored: EventCatalog.tokenStored
        case .leased: EventCatalog.tokenLeased
        case .refused: EventCatalog.tokenRefused
        case .rotated: EventCatalog.tokenRotated
        case .consentRequired: EventCatalog.tokenConsentRequired
        case .disconnected: EventCatalog.tokenDisconnected
        case .expired: EventCatalog.tokenExpired
        }
    }
}

extension CanonicalWriter {
    fileprivate mutating func write(_ token: TokenReference, scopes: [String]? = nil) {
        key("generation")
        integerText(token.generation)
        text("product", token.product.rawValue)
        text("record", token.record.lowercaseText)
        if let scopes { self.scopes(scopes) }
    }

    fileprivate mutating func scopes(_ scopes: [String]) {
        key("scopes")
        beginArray()
        for scope in scopes { string(scope) }
        endArray()
    }
}
