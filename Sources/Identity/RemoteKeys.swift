package import Logging
import Synchronization

/// The keys an issuer publishes over HTTPS.
///
/// Fetched when first needed, when a token names a key that is missing, and when the set has grown old; by one task
/// at a time, whose outcome everybody waiting shares, and no more often than ``IdentityLimits`` allows. A fetch that
/// fails changes nothing: the last good set stays.
package final class RemoteKeys: KeySource {
    private let document: RemoteKeyDocument
    private let clock: @Sendable () -> Int64
    private let logger: Logger
    private let state = Mutex(KeyFreshness())

    /// - Parameters:
    ///   - url: `https`, or `http` to 127.0.0.1.
    ///   - timeout: for a fetch.
    ///   - clock: microseconds since 1970, UTC.
    package init(
        url: String, timeout: Duration = .seconds(IdentityLimits.fetchTimeoutSeconds),
        clock: @escaping @Sendable () -> Int64, logger: Logger
    ) throws(KeyAddressError) {
        self.document = try RemoteKeyDocument(url: url, timeout: timeout)
        self.clock = clock
        self.logger = logger
    }

    package var current: KeySet { state.withLock { $0.keys } }

    package func key(_ keyID: String) async throws(TokenError) -> SigningKey {
        await refresh(for: keyID)
        let (key, isCertain) = state.withLock { ($0.keys[keyID], $0.lastFetchSucceeded) }
        if let key { return key }
        throw isCertain ? .unknownKey : .keysUnavailable
    }

    /// Fetches the keys if they are old or absent; for start-up, so that the first request need not wait.
    ///
    /// - Returns: whether there are keys.
    package func warmUp() async -> Bool {
        await refresh(for: nil)
        return !current.isEmpty
    }

    private func refresh(for keyID: String?) async {
        let now = clock()
        // The task is not loose: the state owns it, and everyone who needs its outcome awaits it here. It is not a
        // child of the first caller because the others must not lose the fetch when that caller is cancelled.
        let fetch: Task<Void, Never>? = state.withLock { state in
            switch state.need(for: keyID, at: now) {
            case .nothing: nil
            case .join(let fetch): fetch
            case .fetch: state.begin(Task { await self.fetch() }, at: now)
            }
        }
        await fetch?.value
    }

    private func fetch() async {
        do {
            let keys = try await document.fetch()
            let fetchedAt = clock()
            state.withLock { $0.succeeded(with: keys, at: fetchedAt) }
            logger.info("issuer keys fetched", metadata: ["keys": "\(keys.keyIDs.count)"])
        } catch {
            state.withLock { $0.failed() }
            logger.warning("issuer keys could not be fetched", metadata: ["error": "\(type(of: error))"])
        }
    }
}
