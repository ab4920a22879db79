/// The head of a stream in memory. A nil state: no command was ever decided on it.
struct StreamEntry<State: StreamState>: Sendable {
    var version: StreamVersion
    var state: State?
}

/// Stream heads known to be those of the log's current size. Bounded: when it is full, the half that was not used
/// lately goes (two generations; a hit in the older one moves to the younger).
struct StreamCache<State: StreamState>: Sendable {
    private let capacity: Int
    private var young: [StreamKey: StreamEntry<State>] = [:]
    private var old: [StreamKey: StreamEntry<State>] = [:]

    init(capacity: Int) {
        precondition(capacity >= 2)
        self.capacity = capacity
    }

    var count: Int { young.count + old.count }

    mutating func find(_ key: StreamKey) -> StreamEntry<State>? {
        if let entry = young[key] { return entry }
        guard let entry = old.removeValue(forKey: key) else { return nil }
        insert(entry, for: key)
        return entry
    }

    mutating func insert(_ entry: StreamEntry<State>, for key: StreamKey) {
        if young.count >= capacity / 2, young[key] == nil {
            old = young
            young = [:]
        }
        old[key] = nil
        young[key] = entry
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }
}
