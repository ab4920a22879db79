package import Billing
import CanonicalJSON
package import CreditDomain
package import EventStore
package import Foundation
import Sealing

/// What an application wants access for, on behalf of a person.
package struct LeaseRequest: Sendable {
    package let product: Product
    package let purpose: LeasePurpose
    package let scopes: [String]
    /// How long it is needed.
    package let seconds: Int64
    /// The application.
    package let agent: UUID

    package init(product: Product, purpose: LeasePurpose, scopes: [String], seconds: Int64, agent: UUID) {
        self.product = product
        self.purpose = purpose
        self.scopes = scopes
        self.seconds = seconds
        self.agent = agent
    }
}

/// Access for a while.
package struct Lease: Sendable {
    package let accessToken: SecretText
    package let scopes: [String]
    package let expiresAt: EventTime
    /// Of the event that was appended before.
    package let position: LogPosition?
}

/// What the identity provider answered, for those who asked at the same time: as it is sealed beside the token.
struct SharedAnswer: Sendable {
    let accessToken: SecretText
    let asked: [String]
    let scopes: [String]
    let expiresAt: EventTime

    init(_ answer: ProviderAnswer, asked: [String], now: EventTime) {
        accessToken = answer.accessToken
        self.asked = asked
        scopes = answer.scopes
        expiresAt = now.adding(seconds: answer.lifetimeSeconds)
    }

    /// Reads what ``bytes`` wrote.
    init?(_ bytes: [UInt8]) {
        guard let object = (try? JSONParser.parse(bytes))?.objectValue,
            let token = object["access_token"]?.stringValue, let asked = object["asked"]?.stringValue,
            let scopes = object["scope"]?.stringValue,
            let time = object["expires_at"]?.stringValue.flatMap({ RFC3339.parse($0) })
        else { return nil }
        accessToken = SecretText(token)
        self.asked = asked.split(separator: " ").map(String.init)
        self.scopes = scopes.split(separator: " ").map(String.init)
        expiresAt = EventTime(microseconds: time)
    }

    var bytes: [UInt8] {
        var json = CanonicalWriter(reserving: 4_096)
        json.beginObject()
        json.text("access_token", accessToken.reveal())
        json.text("asked", asked.joined(separator: " "))
        json.text("expires_at", expiresAt.text)
        json.text("scope", scopes.joined(separator: " "))
        json.endObject()
        return json.bytes
    }

    func lease(_ request: LeaseRequest, at position: LogPosition?, now: EventTime) -> Lease {
        Lease(
            accessToken: accessToken, scopes: scopes, expiresAt: min(expiresAt, now.adding(seconds: request.seconds)),
            position: position)
    }
}
