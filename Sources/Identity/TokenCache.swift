import Crypto
import Synchronization

/// Tokens already verified, by the SHA-256 of their text, until they expire.
///
/// Bounded. When full, entries that have expired leave first, then the one that came first.
final class TokenCache: Sendable {
    struct Entry: Sendable {
        let principal: Principal
        let keyID: String
        let keyThumbprint: SHA256Digest
        /// The token's `exp`, in microseconds: the tolerance for clocks is not for the cache.
        let expiresAt: Int64
    }

    fileprivate struct State {
        var entries: [SHA256Digest: Entry] = [:]
        /// Digests in order of arrival; those before `head`, and those no longer in `entries`, are spent.
        var order: [SHA256Digest] = []
        var head = 0
        /// No entry expires before this.
        var earliestExpiry = Int64.max
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { state.withLock { $0.entries.count } }

    func entry(for digest: SHA256Digest, at now: Int64) -> Entry? {
        state.withLock { state in
            guard let entry = state.entries[digest], now < entry.expiresAt else { return nil }
            return entry
        }
    }

    func remove(_ digest: SHA256Digest) {
        state.withLock { $0.entries[digest] = nil }
    }

    func insert(_ entry: Entry, for digest: SHA256Digest, at now: Int64) {
        guard now < entry.expiresAt else { return }
        state.withLock { state in
            if state.entries.updateValue(entry, forKey: digest) == nil { state.order.append(digest) }
            state.earliestExpiry = min(state.earliestExpiry, entry.expiresAt)
            if state.entries.count > capacity { state.dropExpired(at: now) }
            while state.entries.count > capacity { state.dropOldest() }
            if state.order.count > 2 * capacity { state.compact() }
        }
    }
}

extension TokenCache.State {
    fileprivate mutating func dropExpired(at now: Int64) {
        guard earliestExpiry <= now else { return }
        entries = entries.filter { now < $0.value.expiresAt }
        earliestExpiry = entries.values.lazy.map(\.expiresAt).min() ?? .max
        compact()
    }

    fileprivate mutating func dropOldest() {
        guard head < order.count else { return entries.removeAll() }
        entries[order[head]] = nil
        head += 1
    }

    fileprivate mutating func compact() {
        var seen: Set<SHA256Digest> = []
        order = order[head...].filter { entries[$0] != nil && seen.insert($0).inserted }
        head = 0
    }
}
