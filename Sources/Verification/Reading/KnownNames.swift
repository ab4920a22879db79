import Billing
import CreditDomain
import EventStore
import Foundation

/// Values by the bytes of their names, for the few names that almost every row has: found without making a text.
struct KnownNames<Value: Sendable>: Sendable {
    private let values: [Value]
    private let lengths: [Int]
    /// One name after the other.
    private let names: [UInt8]

    fileprivate init(_ entries: [(String, Value)]) {
        values = entries.map(\.1)
        lengths = entries.map(\.0.utf8.count)
        names = entries.flatMap { Array($0.0.utf8) }
    }

    func find(_ name: UnsafeRawBufferPointer) -> Value? {
        guard let start = name.baseAddress else { return nil }
        return names.withUnsafeBytes { names in
            var offset = 0
            for index in lengths.indices {
                let length = lengths[index]
                if length == name.count, let known = names.baseAddress, memcmp(known + offset, start, length) == 0 {
                    return values[index]
                }
                offset += length
            }
            return nil
        }
    }
}

enum Known {
    static let streams = KnownNames(
        (Product.allCases.flatMap { [Streams.account($0), Streams.captures($0), Streams.usage($0)] } + [
            Streams.tenant, Streams.sweep,
        ])
        .map { ($0.name, $0) })
    static let types = KnownNames(EventCatalog.all.map { ($0.name, $0) })
    static let classes = KnownNames(RetentionClass.allCases.map { ($0.rawValue, $0) })
}
