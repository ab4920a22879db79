/// Decides when an issuer's keys are to be fetched. A value: the fetch itself happens elsewhere.
struct KeyFreshness {
    enum Need {
        case nothing
        case join(Task<Void, Never>)
        case fetch
    }

    private enum Activity {
        case idle
        case fetching(Task<Void, Never>)
    }

    private(set) var keys = KeySet.empty
    private(set) var lastFetchSucceeded = false
    private var fetchedAt: Int64?
    private var attemptedAt: Int64?
    private var activity = Activity.idle

    /// What must happen before a question about this key (any key, if `nil`) can be answered.
    ///
    /// - Parameter now: microseconds since 1970.
    func need(for keyID: String?, at now: Int64) -> Need {
        let isKnown = keyID.map { keys[$0] != nil } ?? !keys.isEmpty
        guard !isKnown || isOlder(fetchedAt, than: IdentityLimits.keySetAgeSeconds, at: now) else { return .nothing }
        if case .fetching(let fetch) = activity { return .join(fetch) }
        let spacing =
            keys.isEmpty ? IdentityLimits.firstFetchSpacingSeconds : IdentityLimits.fetchSpacingSeconds
        return isOlder(attemptedAt, than: spacing, at: now) ? .fetch : .nothing
    }

    mutating func begin(_ fetch: Task<Void, Never>, at now: Int64) -> Task<Void, Never> {
        activity = .fetching(fetch)
        attemptedAt = now
        return fetch
    }

    mutating func succeeded(with keys: KeySet, at now: Int64) {
        self.keys = keys
        fetchedAt = now
        lastFetchSucceeded = true
        activity = .idle
    }

    mutating func failed() {
        lastFetchSucceeded = false
        activity = .idle
    }

    /// A moment in the future counts as old: the clock has been set back, and nothing is known about the age.
    private func isOlder(_ moment: Int64?, than seconds: Int64, at now: Int64) -> Bool {
        guard let moment else { return true }
        return !(0..<seconds * 1_000_000).contains(now - moment)
    }
}
