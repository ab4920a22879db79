package import Sealing

/// The versions of the key-encryption key in a PKCS #11 token, which never gives them away: AES-256 keys with the label
/// `zentriq-kek-LOG-VERSION`.
package struct TokenKeys: KeyEncryptionProvider {
    package let name = "pkcs11"
    package var place: String { "the token \(token)" }
    private let token: String
    private let prefix: String
    private let session: TokenSession

    /// - Parameters:
    ///   - module: path of the module, a shared library.
    ///   - token: label of the token.
    ///   - pinFile: a file with the user's PIN, mode 0400. Read whenever a session is opened.
    ///   - log: the log's origin.
    package init(module: String, token: String, pinFile: String, log: String) {
        self.token = token
        prefix = "zentriq-kek-\(log)-"
        session = TokenSession(module: module, token: token, pinFile: pinFile)
    }

    package func load() async throws(KeyProviderError) -> [any WrappingKey] {
        var versions: Set<Int32> = []
        var keys: [CryptokiKey] = []
        let found = try await attempt { (session) async throws(CryptokiError) in
            try await session.keys(labelled: prefix)
        }
        for key in found {
            let digits = key.label.dropFirst(prefix.count)
            guard let version = Int32(digits), version > 0, String(version) == digits else { continue }
            if let fault = key.fault { throw KeyProviderError("\(key.label) can't be used: \(fault)") }
            guard versions.insert(version).inserted else {
                throw KeyProviderError("there are two keys \(key.label) in \(place)")
            }
            keys.append(
                CryptokiKey(version: version, fingerprint: key.checkValue, label: key.label, session: session))
        }
        return keys.sorted { $0.version < $1.version }
    }

    package func generate(version: Int32) async throws(KeyProviderError) -> any WrappingKey {
        let before = try await load()
        guard !before.contains(where: { $0.version == version }) else {
            throw KeyProviderError("\(label(version)) was made by somebody else at the same time; try again")
        }
        try await attempt { (session) async throws(CryptokiError) in try await session.generate(label: label(version)) }
        guard let key = try await load().first(where: { $0.version == version }) else {
            throw KeyProviderError("\(place) has not kept \(label(version))")
        }
        return key
    }

    package func destroy(version: Int32) async throws(KeyProviderError) {
        guard try await load().contains(where: { $0.version == version }) else { return }
        try await attempt { (session) async throws(CryptokiError) in try await session.destroy(label: label(version)) }
    }

    private func label(_ version: Int32) -> String { prefix + String(version) }

    private func attempt<Value: Sendable>(
        _ body: (TokenSession) async throws(CryptokiError) -> Value
    ) async throws(KeyProviderError) -> Value {
        do { return try await body(session) } catch { throw KeyProviderError("\(error)") }
    }
}
