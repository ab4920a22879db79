/// Why a token is refused. No case carries anything the token said.
package enum TokenError: Error, Hashable, Sendable {
    /// Not a compact JWS with strict JSON inside, too long, or with a critical header.
    case malformed
    /// `alg` is not `RS256`.
    case notRS256
    case missingKeyID
    /// The issuer publishes no usable key of that identifier.
    case unknownKey
    case badSignature
    case wrongAudience
    /// `iss` is not the configured issuer for the token's own `tid`.
    case wrongIssuer
    /// The key is published for another issuer than the token names.
    case wrongKeyIssuer
    case expired
    /// `nbf` or `auth_time` lies in the future.
    case notYetValid
    /// `exp` lies further after `nbf` than ``IdentityLimits/tokenLifetimeSeconds``, or before it.
    case lifetimeTooLong
    /// An ID token, a v1 token, or one that says neither a person's scopes nor an application's type.
    case notAnAccessToken
    /// The claim of this name is absent, or not of its type.
    case missingClaim(String)
    /// The issuer's keys could not be had, so nothing can be said about the token.
    case keysUnavailable
    /// `azp` is not on the list for its kind of principal.
    case clientNotAllowed
    /// An application of another tenant than the operator's.
    case foreignApplication

    /// Whether the answer is 401 (who are you?) or 403 (not you).
    package var isAuthentication: Bool {
        switch self {
        case .clientNotAllowed, .foreignApplication: false
        default: true
        }
    }

    /// Whether the same token may be accepted later, through no act of its bearer.
    package var isTemporary: Bool { self == .keysUnavailable }
}

extension TokenError: CustomStringConvertible {
    /// A stable code, safe to log and to count by.
    package var description: String {
        switch self {
        case .malformed: "malformed"
        case .notRS256: "not_rs256"
        case .missingKeyID: "missing_key_id"
        case .unknownKey: "unknown_key"
        case .badSignature: "bad_signature"
        case .wrongAudience: "wrong_audience"
        case .wrongIssuer: "wrong_issuer"
        case .wrongKeyIssuer: "wrong_key_issuer"
        case .expired: "expired"
        case .notYetValid: "not_yet_valid"
        case .lifetimeTooLong: "lifetime_too_long"
        case .notAnAccessToken: "not_an_access_token"
        case .missingClaim(let name): "missing_claim_\(name)"
        case .keysUnavailable: "keys_unavailable"
        case .clientNotAllowed: "client_not_allowed"
        case .foreignApplication: "foreign_application"
        }
    }
}
