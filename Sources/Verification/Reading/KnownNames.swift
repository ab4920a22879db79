import Billing
import CreditDomain
import EventStore

/// Values by the bytes of their names, for the few names that almost every row has: found without making a text.
struct KnownNames<Value: Sendable>: Sendable {
    private let entries: [(name: [UInt8], value: Value)]

    fileprivate init(_ entries: [(String, Value)]) {
        self.entries = entries.map { (Array($0.0.utf8), $0.1) }
    }

    func find(_ name: UnsafeRawBufferPointer) -> Value? {
        for entry in entries where entry.name.count == name.count && name.elementsEqual(entry.name) {
            return entry.value
        }
        return nil
    }
}

enum Known {
    static let streams = KnownNames(
        (Product.allCases.flatMap { [Streams.account($0), Streams.captures($0), Streams.usage($0)] } + [Streams.tenant])
            .map { ($0.name, $0) })
    static let types = KnownNames(EventCatalog.all.map { ($0.name, $0.name) })
    static let classes = KnownNames(RetentionClass.allCases.map { ($0.rawValue, $0) })
}
