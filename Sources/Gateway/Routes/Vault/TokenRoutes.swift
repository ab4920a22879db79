import AuditLog
import Billing
import CanonicalJSON
import Edge
import EventStore
import Foundation
import Hummingbird
import Projections

/// The token vault: an application stores a person's refresh token and leases access with it, the person disconnects. No
/// answer holds a refresh token.
struct TokenRoutes {
    let admission: Admission
    let vault: TokenVault
    let subjects: SubjectDirectory
    let restrictions: RestrictionRegister
    let clock: WallClock

    func add(to router: Router<GatewayContext>) {
        router.put("v1/tokens", use: store)
        router.post("v1/tokens/lease", use: lease)
        router.delete("v1/tokens", use: disconnect)
        router.post("v1/tokens/uninstalled", use: uninstalled)
    }

    @Sendable func store(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let person = try await admission.onBehalf(request, admitted)
            let body = try StoreBody(
                await StrictBody.object(of: request, maximumBytes: StoreBody.maximumBytes))
            try body.product.requireEntitlement(among: person.products)
            let stored = try await vault.put(
                body.token, scopes: body.scopes, for: body.product, of: person.subject, from: person.agent.rawValue,
                by: admitted.requester(person.key))
            let accepted = Accepted(
                position: stored.position, response: JSONValue.object(stored.object).canonicalBytes(), isReplay: false)
            return await admitted.answer(accepted, of: person.subject.tenant, new: .ok, replayed: .ok)
        }
    }

    @Sendable func lease(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let person = try await admission.onBehalf(request, admitted)
            let body = try LeaseBody(await StrictBody.object(of: request))
            try body.product.requireEntitlement(among: person.products)
            let lease = try await vault.lease(
                LeaseRequest(
                    product: body.product, purpose: body.purpose, scopes: body.scopes, seconds: body.seconds,
                    agent: person.agent.rawValue),
                of: person.subject, limitedBy: try restrictions.grounds(of: person.subject),
                by: admitted.requester(person.key))
            let object: JSONObject = [
                "access_token": .string(lease.accessToken.reveal()),
                "expires_at": .string(lease.expiresAt.text),
                "expires_in": .integer(max(0, (lease.expiresAt.microseconds - clock.now().microseconds) / 1_000_000)),
                "position": lease.position.map { .string(String($0.rawValue)) } ?? .null,
                "scope": .string(lease.scopes.joined(separator: " ")), "token_type": .string("Bearer"),
            ]
            let accepted = Accepted(
                position: lease.position, response: JSONValue.object(object).canonicalBytes(), isReplay: false)
            return await admitted.answer(accepted, of: person.subject.tenant, new: .ok, replayed: .ok)
        }
    }

    @Sendable func disconnect(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let subject = try admitted.caller.person()
            try await StrictBody.requireEmptyOrEmptyObject(request)
            let destroyed = try await vault.disconnect(
                subject.tenant, subject.handle, because: .person, by: admitted.requester(subject.handle))
            return await answer(destroyed, of: subject.tenant, for: admitted)
        }
    }

    @Sendable func uninstalled(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.command(request, context) { admitted in
            let agent = try admitted.caller.application(with: .agent)
            let body = try UninstalledBody(await StrictBody.object(of: request))
            var destroyed: [StoredToken] = []
            if let object = body.object {
                // Somebody who is not known here has no token here.
                if let person = try await subjects.knownHandle(of: object, in: body.tenant) {
                    destroyed = try await vault.disconnect(
                        body.tenant, person, because: .uninstalled, by: admitted.requester(agent))
                }
            } else {
                destroyed = try await vault.disconnect(
                    body.tenant, nil, because: .uninstalled, by: admitted.requester(agent))
            }
            return await answer(destroyed, of: body.tenant, for: admitted)
        }
    }

    private func answer(_ destroyed: [StoredToken], of tenant: TenantID, for admitted: Admitted) async -> Response {
        let object: JSONObject = [
            "at_the_provider": .string(
                "The identity provider has no way to end one grant. What is kept here is destroyed; the permission itself "
                    + "is withdrawn there, by the person or for the whole tenant."),
            "destroyed": .array(destroyed.map { .object($0.object) }),
            "revoke_as_person": .string("https://myapps.microsoft.com/"),
            "revoke_as_tenant": .string("https://entra.microsoft.com/"),
        ]
        let accepted = Accepted(
            position: destroyed.first?.position, response: JSONValue.object(object).canonicalBytes(), isReplay: false)
        return await admitted.answer(accepted, of: tenant, new: .ok, replayed: .ok)
    }
}
