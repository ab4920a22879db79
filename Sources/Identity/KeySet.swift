/// The usable keys of an issuer, by key identifier.
package struct KeySet: Sendable {
    package static let empty = KeySet(keys: [:])

    private let keys: [String: SigningKey]

    private init(keys: [String: SigningKey]) {
        self.keys = keys
    }

    /// Reads a JWK Set (RFC 7517 section 5). Keys that cannot sign our tokens are left out.
    ///
    /// - Throws: if it is not strict JSON of that shape, is over a limit, names one identifier for two usable keys,
    ///   or holds no usable key.
    package init(jwks bytes: [UInt8]) async throws(KeySetError) {
        guard bytes.count <= IdentityLimits.keySetBytes else { throw .tooLarge }
        guard case .object(let document)? = StrictJSON(parsing: bytes), case .array(let members)? = document["keys"]
        else { throw .malformed }
        guard members.count <= IdentityLimits.keySetKeys else { throw .tooLarge }

        var keys: [String: SigningKey] = [:]
        for case .object(let member) in members {
            guard let key = await SigningKey(jwk: member) else { continue }
            guard keys.updateValue(key, forKey: key.keyID) == nil else { throw .malformed }
        }
        guard !keys.isEmpty else { throw .noUsableKey }
        self.keys = keys
    }

    package subscript(keyID: String) -> SigningKey? { keys[keyID] }

    package var isEmpty: Bool { keys.isEmpty }
    package var keyIDs: Set<String> { Set(keys.keys) }
}

/// Why a document is no key set.
package enum KeySetError: Error, Hashable, Sendable {
    case malformed
    case tooLarge
    case noUsableKey
}
