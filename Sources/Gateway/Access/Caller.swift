import Billing
import CreditDomain
import Edge
import EventStore
import Foundation
import Identity
import Sealing

/// Who a request comes from, as far as the service cares.
enum Caller: Sendable {
    /// A person of a customer, through a product's client.
    case user(SubjectKey, scopes: Set<String>, products: Set<Product>, authenticatedAt: EventTime?)
    /// A backend of the operator, whose tenant is the operator's.
    case application(tenant: TenantID, actor: ActorHandle, roles: Set<String>)
}

/// What an application may be allowed to do. Counts only in a token of the operator's own tenant.
enum Role: String, Sendable, CaseIterable {
    case billing, auditor, agent, privacy
}

/// What a user may have allowed a client to do.
enum Scope: String, Sendable {
    case credits, audit
}

extension Caller {
    /// The user's tenant, if the token carries the scope; 403 otherwise.
    func user(with scope: Scope) throws(ProblemDetails) -> (
        tenant: TenantID, actor: ActorHandle, key: SubjectKey, products: Set<Product>
    ) {
        guard case .user(let key, let scopes, let products, _) = self else {
            throw ProblemDetails(.forbidden, detail: "This is for users, with the scope \(scope.rawValue).")
        }
        guard scopes.contains(scope.rawValue) else {
            throw ProblemDetails(.forbidden, detail: "The token lacks the scope \(scope.rawValue).")
        }
        return (key.owner, key.handle, key, products)
    }

    /// The person, whatever their token's scopes: what the law gives them does not hang on what a product asked for.
    func person() throws(ProblemDetails) -> DataSubject {
        guard case .user(let key, _, _, _) = self else {
            throw ProblemDetails(.forbidden, detail: "This is for people, about themselves.")
        }
        return DataSubject(key.owner, key.handle)
    }

    /// The application's handle, if it has the role; 403 otherwise.
    func application(with role: Role) throws(ProblemDetails) -> ActorHandle {
        guard case .application(_, let actor, let roles) = self, roles.contains(role.rawValue) else {
            throw ProblemDetails(.forbidden, detail: "This needs an application with the role \(role.rawValue).")
        }
        return actor
    }
}

extension Caller {
    /// Whoever answers for people's data, and the operator's tenant; 403 for everybody else.
    func staff() throws(ProblemDetails) -> (tenant: TenantID, actor: ActorHandle) {
        let actor = try application(with: .privacy)
        guard case .application(let tenant, _, _) = self else { throw ProblemDetails(.forbidden) }
        return (tenant, actor)
    }
}

extension Product {
    /// 403 unless it is one of those that the caller's client is for.
    func requireEntitlement(among products: Set<Product>) throws(ProblemDetails) {
        guard products.contains(self) else {
            throw ProblemDetails(
                .productNotEntitled, detail: "The token's client may not use the product \(rawValue).")
        }
    }
}
