import CanonicalJSON

/// Why the identity provider gave no token. Fit for a log line: of its answer there is a code of a closed list.
enum ProviderFailure: Error, Sendable, Hashable {
    /// No answer, or none that can be read: whether the token was renewed is not known.
    case lost(String)
    /// The token has ended, was revoked, or the person must sign in anew.
    case ended(String)
    /// It refuses us, or what was asked for.
    case refused(String)

    private static let endings: Set<String> = ["invalid_grant", "interaction_required", "consent_required"]
    private static let refusals: Set<String> = [
        "invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
        "access_denied",
    ]

    /// An error answer (RFC 6749, section 5.2).
    init(status: UInt, body: [UInt8]) {
        let object = (try? JSONParser.parse(body, limits: .init(maximumBytes: IdentityProvider.maximumAnswerBytes)))?
            .objectValue
        switch object?["error"]?.stringValue {
        case let code? where (400...401).contains(status) && Self.endings.contains(code): self = .ended(code)
        case let code? where (400...403).contains(status) && Self.refusals.contains(code): self = .refused(code)
        default: self = .lost("status_\(status)")
        }
    }
}

extension ProviderFailure: CustomStringConvertible {
    var description: String {
        switch self {
        case .lost(let reason), .ended(let reason), .refused(let reason): reason
        }
    }
}
