package import Billing
package import CanonicalJSON
import CreditDomain
package import EventStore

/// What may be told of a stored token: all but what is sealed.
package struct StoredToken: Sendable, Hashable {
    package let token: TokenReference
    package let scopes: [String]
    package let storedAt: EventTime
    package let usedAt: EventTime
    /// Of the event that says so; nil if it was only looked up.
    package let position: LogPosition?

    init(
        _ token: TokenReference, scopes: [String], storedAt: EventTime, usedAt: EventTime, position: LogPosition?
    ) {
        self.token = token
        self.scopes = scopes
        self.storedAt = storedAt
        self.usedAt = usedAt
        self.position = position
    }

    init(_ row: TokenRow) {
        self.init(row, position: nil)
    }

    init(_ row: TokenRow, position: LogPosition?) {
        self.init(
            row.token, scopes: row.scopes, storedAt: row.storedAt, usedAt: row.usedAt, position: position)
    }

    package var object: JSONObject {
        var object: JSONObject = [
            "generation": .string(String(token.generation)), "product": .string(token.product.rawValue),
            "record": .string(token.record.lowercaseText),
            "scopes": .array(scopes.map(JSONValue.string)), "stored_at": .string(storedAt.text),
            "used_at": .string(usedAt.text),
        ]
        object["position"] = position.map { .string(String($0.rawValue)) }
        return object
    }
}
