import Crypto

/// All versions of the key-encryption key that are at hand: each unwraps what it wrapped, the newest one wraps.
package struct KeyEncryptionKeys: Sendable {
    private let keys: [Int32: KeyEncryptionKey]
    package let newest: KeyEncryptionKey

    package init(_ only: KeyEncryptionKey) {
        keys = [only.version: only]
        newest = only
    }

    /// Nil without any, or with two of one version.
    package init?(_ keys: [KeyEncryptionKey]) {
        guard let newest = keys.max(by: { $0.version < $1.version }) else { return nil }
        self.keys = Dictionary(keys.map { ($0.version, $0) }) { first, _ in first }
        self.newest = newest
        guard self.keys.count == keys.count else { return nil }
    }

    /// The oldest first.
    package var all: [KeyEncryptionKey] { keys.values.sorted { $0.version < $1.version } }

    func wrap(_ secret: SymmetricKey, for owner: KeyOwner) -> WrappedKey {
        WrappedKey(version: newest.version, bytes: newest.wrap(secret, for: owner))
    }

    func unwrap(_ wrapped: WrappedKey, of owner: KeyOwner) throws(SealingError) -> SymmetricKey {
        guard let key = keys[wrapped.version] else { throw .noVersion(wrapped.version) }
        return try key.unwrap(wrapped.bytes, of: owner)
    }
}
