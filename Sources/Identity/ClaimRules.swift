import Foundation

/// Decides what the claims of a token with a good signature amount to. Pure.
struct ClaimRules: Sendable {
    struct Accepted {
        let principal: Principal
        /// `exp`, in microseconds since 1970.
        let expiresAt: Int64
    }

    /// NumericDate values beyond the year 9999 are nonsense, and would overflow the arithmetic.
    private static let dates: ClosedRange<Int64> = 0...253_402_300_799
    private static let microsecondsPerSecond: Int64 = 1_000_000

    let configuration: IdentityConfiguration

    /// - Parameters:
    ///   - keyIssuer: the issuer the verifying key is published for, if the key says so.
    ///   - now: microseconds since 1970.
    func judge(_ claims: [String: StrictJSON], keyIssuer: String?, at now: Int64) throws(TokenError) -> Accepted {
        guard claims["ver"] == .string("2.0") else { throw .notAnAccessToken }
        let tenant = try identifier("tid", claims)
        try checkIssuer(claims, keyIssuer: keyIssuer)
        try checkAudience(claims)
        let expiresAt = try checkTimes(claims, at: now)
        return Accepted(principal: try principal(claims, tenant: tenant, at: now), expiresAt: expiresAt)
    }

    /// `iss` names the tenant that `tid` names, and the key is published for that issuer: together they keep the
    /// administrator of one tenant from speaking for another.
    private func checkIssuer(_ claims: [String: StrictJSON], keyIssuer: String?) throws(TokenError) {
        let tenant = try string("tid", claims)
        let issuer = try string("iss", claims)
        func expected(_ template: String) -> String {
            template.replacingOccurrences(of: IdentityConfiguration.tenantPlaceholder, with: tenant)
        }
        guard issuer == expected(configuration.issuerTemplate) else { throw .wrongIssuer }
        guard let keyIssuer else { return }
        guard issuer == expected(keyIssuer) else { throw .wrongKeyIssuer }
    }

    /// A token for several audiences could be replayed by any one of them; Entra issues none.
    private func checkAudience(_ claims: [String: StrictJSON]) throws(TokenError) {
        let audience: String
        switch claims["aud"] {
        case .string(let value)?: audience = value
        case .array(let values)?:
            guard values.count == 1, case .string(let value)? = values.first else { throw .wrongAudience }
            audience = value
        default: throw .missingClaim("aud")
        }
        guard configuration.audiences.contains(audience) else { throw .wrongAudience }
    }

    private func checkTimes(_ claims: [String: StrictJSON], at now: Int64) throws(TokenError) -> Int64 {
        let expiry = try date("exp", claims)
        let start = try date("nbf", claims)
        let skew = configuration.clockSkewSeconds
        guard now < (expiry + skew) * Self.microsecondsPerSecond else { throw .expired }
        guard now >= (start - skew) * Self.microsecondsPerSecond else { throw .notYetValid }
        guard (0...IdentityLimits.tokenLifetimeSeconds).contains(expiry - start) else { throw .lifetimeTooLong }
        return expiry * Self.microsecondsPerSecond
    }

    /// An application says `idtyp` = `app` and has roles; a person's token has `scp`. An ID token has neither.
    private func principal(
        _ claims: [String: StrictJSON], tenant: UUID, at now: Int64
    ) throws(TokenError) -> Principal {
        guard claims["nonce"] == nil else { throw .notAnAccessToken }
        switch (claims["idtyp"], claims["scp"]) {
        case (.string("app")?, nil):
            guard tenant == configuration.operatorTenant else { throw .foreignApplication }
            let application = Application(
                tenant: tenant, object: try identifier("oid", claims), client: try identifier("azp", claims),
                roles: try roles(claims))
            guard configuration.applicationClients.contains(application.client) else { throw .clientNotAllowed }
            return .application(application)
        case (nil, .string(let scopes)?), (.string("user")?, .string(let scopes)?):
            let user = User(
                tenant: tenant, object: try identifier("oid", claims),
                scopes: Set(scopes.split(separator: " ").map(String.init)), client: try identifier("azp", claims),
                authenticatedAt: try authenticationTime(claims, at: now))
            guard !user.scopes.isEmpty else { throw .missingClaim("scp") }
            guard configuration.clients[user.client] != nil else { throw .clientNotAllowed }
            return .user(user)
        default:
            throw .notAnAccessToken
        }
    }

    /// `auth_time` is optional. Nobody has signed in later than now: such a token would pass for fresh for too long.
    private func authenticationTime(_ claims: [String: StrictJSON], at now: Int64) throws(TokenError) -> Int64? {
        guard claims["auth_time"] != nil else { return nil }
        let time = try date("auth_time", claims)
        guard now >= (time - configuration.clockSkewSeconds) * Self.microsecondsPerSecond else { throw .notYetValid }
        return time * Self.microsecondsPerSecond
    }

    private func roles(_ claims: [String: StrictJSON]) throws(TokenError) -> Set<String> {
        guard case .array(let values)? = claims["roles"] else { throw .missingClaim("roles") }
        var roles: Set<String> = []
        for value in values {
            guard case .string(let role) = value, !role.isEmpty else { throw .missingClaim("roles") }
            roles.insert(role)
        }
        guard !roles.isEmpty else { throw .missingClaim("roles") }
        return roles
    }

    private func string(_ name: String, _ claims: [String: StrictJSON]) throws(TokenError) -> String {
        guard case .string(let value)? = claims[name], !value.isEmpty else { throw .missingClaim(name) }
        return value
    }

    private func identifier(_ name: String, _ claims: [String: StrictJSON]) throws(TokenError) -> UUID {
        guard let value = UUID(uuidString: try string(name, claims)) else { throw .missingClaim(name) }
        return value
    }

    private func date(_ name: String, _ claims: [String: StrictJSON]) throws(TokenError) -> Int64 {
        guard case .integer(let value)? = claims[name], Self.dates.contains(value) else { throw .missingClaim(name) }
        return value
    }
}
