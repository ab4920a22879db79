import CanonicalJSON

/// What the identity provider gives for a refresh token (RFC 6749, section 5.1).
struct ProviderAnswer: Sendable {
    static let maximumAccessTokenBytes = 16 * 1_024
    static let lifetimes: ClosedRange<Int64> = 1...86_400

    let accessToken: SecretText
    let lifetimeSeconds: Int64
    /// As it says, or those that were asked for.
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
        scopes = object["scope"]?.stringValue?.split(separator: " ").map(String.init) ?? asked
    }

    /// Visible ASCII, as RFC 6749 has it (appendix A.12, A.17).
    static func isToken(_ text: String, maximumBytes: Int) -> Bool {
        (1...maximumBytes).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
