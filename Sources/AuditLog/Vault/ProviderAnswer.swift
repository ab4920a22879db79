import CanonicalJSON

/// What the identity provider gives for a refresh token (RFC 6749, section 5.1).
struct ProviderAnswer: Sendable {
    static let maximumAccessTokenBytes = 16 * 1_024
    static let lifetimes: ClosedRange<Int64> = 1...86_400

    let accessToken: SecretText
    let lifetimeSeconds: Int64
    /// As it says, or those that were asked for: at most ``VaultLimits/maximumAnswerScopes``, each of at most
    /// ``VaultLimits/maximumScopeBytes``. The answer is good without the rest, and the new token in it must not be lost.
    let scopes: [String]
    /// Nil if the one that was sent goes on.
    let refreshToken: SecretText?

    /// Nil for anything else.
    init?(_ body: [UInt8], scopes asked: [String]) {
        let limits = JSONParser.Limits(maximumBytes: IdentityProvider.maximumAnswerBytes)
        guard let object = (try? JSONParser.parse(body, limits: limits))?.objectValue,
            let access = object["access_token"]?.stringValue,
            Self.isToken(access, maximumBytes: Self.maximumAccessTokenBytes),
            object["token_type"]?.stringValue?.lowercased() == "bearer",
            let lifetime = object["expires_in"]?.integerValue, Self.lifetimes.contains(lifetime)
        else { return nil }
        switch object["refresh_token"] {
        case nil: refreshToken = nil
        case .string(let token)? where Self.isToken(token, maximumBytes: VaultLimits.maximumTokenBytes):
            refreshToken = SecretText(token)
        default: return nil
        }
        accessToken = SecretText(access)
        lifetimeSeconds = lifetime
        scopes = object["scope"]?.stringValue.map(Self.scopes) ?? asked
    }

    private static func scopes(_ text: String) -> [String] {
        Array(
            text.split(separator: " ").lazy.map(String.init).filter(isScope).prefix(VaultLimits.maximumAnswerScopes))
    }

    /// A `scope-token` of RFC 6749, appendix A.4.
    private static func isScope(_ text: String) -> Bool {
        text.utf8.count <= VaultLimits.maximumScopeBytes
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }

    /// Visible ASCII, as RFC 6749 has it (appendix A.12, A.17).
    static func isToken(_ text: String, maximumBytes: Int) -> Bool {
        (1...maximumBytes).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
