/// A bounded map. When it is full, the half that was not used lately goes: two generations, and what is found in the
/// older one moves to the younger.
package struct GenerationalCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let capacity: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    package init(capacity: Int) {
        precondition(capacity >= 2)
        self.capacity = capacity
    }

    package var count: Int { young.count + old.count }

    package mutating func find(_ key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        insert(value, for: key)
        return value
    }

    package mutating func insert(_ value: Value, for key: Key) {
        if young.count >= capacity / 2, young[key] == nil {
            old = young
            young = [:]
        }
        old[key] = nil
        young[key] = value
    }

    package mutating func removeAll() {
        young = [:]
        old = [:]
    }
}
