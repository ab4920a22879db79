package import CanonicalJSON
package import CreditDomain
package import EventStore

/// Members that payloads, snapshots and answers share. Credits and positions are 64-bit numbers, so they are text.
extension CanonicalWriter {
    package mutating func text(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    package mutating func credits(_ name: String, _ value: Credits) {
        key(name)
        integerText(value.rawValue)
    }

    package mutating func position(_ name: String, _ value: LogPosition) {
        key(name)
        integerText(value.rawValue)
    }

    package mutating func time(_ name: String, _ value: Timestamp) {
        key(name)
        string(RFC3339.format(microseconds: value.microseconds))
    }

    package mutating func allocations(_ allocations: [Allocation]) {
        key("allocations")
        beginArray()
        for allocation in allocations {
            beginObject()
            key("grant")
            integer(Int(allocation.grant.rawValue))
            credits("units", allocation.units)
            endObject()
        }
        endArray()
    }
}
