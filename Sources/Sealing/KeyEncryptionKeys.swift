import Crypto
import Synchronization

/// All versions of the key-encryption key that are at hand: each unwraps what it wrapped, one wraps.
///
/// A version that turns up in a row and is not at hand is looked for where the keys are kept, so that a service takes part
/// in a rotation without being started anew.
package final class KeyEncryptionKeys: Sendable {
    /// Between two looks for a version that was not there.
    private static let patience = Duration.seconds(1)

    private struct State {
        var keys: [Int32: any WrappingKey]
        var wrapping: Int32?
        var loaded = ContinuousClock.now
    }

    /// Nil for keys that are in memory only.
    package let provider: (any KeyEncryptionProvider)?
    private let state: Mutex<State>

    package init(_ only: any WrappingKey) {
        provider = nil
        state = Mutex(State(keys: [only.version: only]))
    }

    /// Nil without any, or with two of one version.
    package init?(_ keys: [any WrappingKey], from provider: (any KeyEncryptionProvider)? = nil) {
        guard let indexed = Self.index(keys) else { return nil }
        self.provider = provider
        state = Mutex(State(keys: indexed))
    }

    /// All that the provider has.
    package static func load(
        from provider: any KeyEncryptionProvider
    ) async throws(KeyProviderError) -> KeyEncryptionKeys {
        guard let keys = KeyEncryptionKeys(try await provider.load(), from: provider) else { throw provider.isEmpty }
        return keys
    }

    /// The oldest first.
    package var all: [any WrappingKey] {
        state.withLock { $0.keys.values.sorted { $0.version < $1.version } }
    }

    package func key(_ version: Int32) -> (any WrappingKey)? { state.withLock { $0.keys[version] } }

    /// Lets that version wrap from now on; as long as nobody says which, the newest one does. Never goes back: whoever
    /// has read the epochs earlier and says so later changes nothing.
    package func use(_ version: Int32) { state.withLock { $0.wrapping = max($0.wrapping ?? version, version) } }

    /// Looks for new versions, and forgets those that are gone.
    package func reload() async throws(KeyProviderError) {
        guard let provider else { return }
        state.withLock { $0.loaded = .now }
        guard let keys = Self.index(try await provider.load()) else { throw provider.isEmpty }
        state.withLock { $0.keys = keys }
    }

    /// The same secret, wrapped with the version that wraps now. It is seen nowhere in between.
    package func rewrap(_ wrapped: WrappedKey, of owner: KeyOwner) async throws(SealingError) -> WrappedKey {
        guard wrapped.version != wrapping else { return wrapped }
        return try await wrap(try await unwrap(wrapped, of: owner), for: owner)
    }

    func wrap(_ secret: SymmetricKey, for owner: KeyOwner) async throws(SealingError) -> WrappedKey {
        try await find(wrapping).wrap(secret, for: owner)
    }

    func unwrap(_ wrapped: WrappedKey, of owner: KeyOwner) async throws(SealingError) -> SymmetricKey {
        try await find(wrapped.version).unwrap(wrapped.bytes, of: owner)
    }

    /// Carries out what reads a wrapped key and opens it. If its version is not at hand, looks for it and carries it out
    /// once more: the key may have been wrapped anew, and the version retired, between the two.
    package func reading<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch SealingError.noVersion {
            do { try await reload() } catch { throw SealingError.unavailable("\(error)") }
            return try await body()
        }
    }

    private var wrapping: Int32 { state.withLock { $0.wrapping ?? $0.keys.keys.max() ?? 0 } }

    private func find(_ version: Int32) async throws(SealingError) -> any WrappingKey {
        if let key = key(version) { return key }
        if state.withLock({ ContinuousClock.now - $0.loaded > Self.patience }) {
            do { try await reload() } catch { throw .unavailable("\(error)") }
        }
        guard let key = key(version) else { throw .noVersion(version) }
        return key
    }

    private static func index(_ keys: [any WrappingKey]) -> [Int32: any WrappingKey]? {
        let indexed = Dictionary(keys.map { ($0.version, $0) }) { first, _ in first }
        return indexed.isEmpty || indexed.count < keys.count ? nil : indexed
    }
}
