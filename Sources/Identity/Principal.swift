package import Foundation

/// Who presents a token, once it has been verified.
///
/// Identity is the pair (tenant, object). No name and no e-mail address is read from a token: both can be
/// reassigned, and whoever controls a tenant can choose them.
package enum Principal: Sendable, Hashable {
    case user(User)
    case application(Application)

    /// The `tid` claim.
    package var tenant: UUID {
        switch self {
        case .user(let user): user.tenant
        case .application(let application): application.tenant
        }
    }

    /// The `oid` claim: unique inside the tenant, never reused.
    package var object: UUID {
        switch self {
        case .user(let user): user.object
        case .application(let application): application.object
        }
    }

    /// The `azp` claim: the registered client that asked for the token.
    package var client: UUID {
        switch self {
        case .user(let user): user.client
        case .application(let application): application.client
        }
    }
}

/// A person, acting through an allowed client.
package struct User: Sendable, Hashable {
    package let tenant: UUID
    package let object: UUID
    /// The delegated permissions of the `scp` claim; never empty.
    package let scopes: Set<String>
    package let client: UUID
    /// The `auth_time` claim: when the person last proved who they are, in microseconds since 1970. Nil where the token
    /// does not say it; at most ``IdentityLimits/clockSkewSeconds`` in the future.
    package let authenticatedAt: Int64?

    package init(tenant: UUID, object: UUID, scopes: Set<String>, client: UUID, authenticatedAt: Int64? = nil) {
        self.tenant = tenant
        self.object = object
        self.scopes = scopes
        self.client = client
        self.authenticatedAt = authenticatedAt
    }
}

/// A backend of the operator, acting as itself.
package struct Application: Sendable, Hashable {
    /// Always the operator's tenant.
    package let tenant: UUID
    package let object: UUID
    package let client: UUID
    /// The application permissions of the `roles` claim; never empty.
    package let roles: Set<String>

    package init(tenant: UUID, object: UUID, client: UUID, roles: Set<String>) {
        self.tenant = tenant
        self.object = object
        self.client = client
        self.roles = roles
    }
}
