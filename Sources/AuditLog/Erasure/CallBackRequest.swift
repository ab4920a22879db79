import CanonicalJSON
package import EventStore
package import Foundation

/// What a call-back asks its receiver to do.
package enum CallBackAction: String, Sendable, CaseIterable {
    /// Erase everything of a person, or of a whole tenant.
    case erase
    /// Cancel the tenant's subscription where it is paid.
    case cancelSubscription = "cancel-subscription"
}

/// One thing asked of one receiver. Asked again, it is the same bytes under the same key.
package struct CallBackRequest: Sendable {
    /// Of the erasure: the receiver may see it once for each action.
    package let id: UUID
    package let tenant: TenantID
    /// The person's identifier in the tenant's directory; nil for the whole tenant.
    package let object: UUID?

    package init(id: UUID, tenant: TenantID, object: UUID? = nil) {
        self.id = id
        self.tenant = tenant
        self.object = object
    }

    /// The person is told only to who must erase them: a subscription is a tenant's.
    package func message(to action: CallBackAction) -> SignedMessage {
        var body: JSONObject = [
            "action": .string(action.rawValue), "request": .string(id.lowercaseText),
            "tenant_id": .string(tenant.rawValue.lowercaseText),
        ]
        if action == .erase { body["object_id"] = object.map { .string($0.lowercaseText) } }
        return SignedMessage(
            idempotencyKey: "\(action.rawValue)-\(id.lowercaseText)", body: JSONValue.object(body).canonicalBytes())
    }
}
