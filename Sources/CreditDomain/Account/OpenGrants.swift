/// An account's grants with anything remaining, in burn order: what is spent long ago costs nothing any more.
struct OpenGrants: Sendable {
    private(set) var keys: [BurnKey] = []

    mutating func insert(_ key: BurnKey) {
        keys.insert(key, at: firstIndex(notBefore: key))
    }

    mutating func remove(_ key: BurnKey) {
        let index = firstIndex(notBefore: key)
        if index < keys.count, keys[index] == key {
            keys.remove(at: index)
        }
    }

    private func firstIndex(notBefore key: BurnKey) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = low + (high - low) / 2
            if keys[middle] < key {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
