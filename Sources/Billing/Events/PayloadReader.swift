import CanonicalJSON
import CreditDomain
import EventStore
import Foundation

/// Typed access to the members of a stored payload.
struct PayloadReader {
    private let object: JSONObject
    private let type: String

    init(_ object: JSONObject, type: String) {
        self.object = object
        self.type = type
    }

    func string(_ name: String) throws(EventDecodingError) -> String {
        guard case .string(let value) = object[name] else { throw malformed("\(name) is not a string") }
        return value
    }

    func optionalString(_ name: String) throws(EventDecodingError) -> String? {
        isAbsent(name) ? nil : try string(name)
    }

    func integer(_ name: String) throws(EventDecodingError) -> Int64 {
        guard case .integer(let value) = object[name] else { throw malformed("\(name) is not an integer") }
        return value
    }

    func optionalInteger(_ name: String) throws(EventDecodingError) -> Int64? {
        isAbsent(name) ? nil : try integer(name)
    }

    func has(_ name: String) -> Bool { !isAbsent(name) }

    /// A 64-bit number, kept as text: in the one form that is written.
    func integerText(_ name: String) throws(EventDecodingError) -> Int64 {
        let text = try string(name)
        guard let value = Int64(text), String(value) == text else { throw malformed("\(name) is not a number") }
        return value
    }

    func optionalIntegerText(_ name: String) throws(EventDecodingError) -> Int64? {
        isAbsent(name) ? nil : try integerText(name)
    }

    func boolean(_ name: String) throws(EventDecodingError) -> Bool {
        guard case .bool(let value) = object[name] else { throw malformed("\(name) is not a boolean") }
        return value
    }

    /// An amount, which is never negative: what a sign would say, the type of the event says.
    func credits(_ name: String) throws(EventDecodingError) -> Credits {
        let units = try integerText(name)
        guard units >= 0 else { throw malformed("\(name) is negative") }
        return Credits(units)
    }

    func time(_ name: String) throws(EventDecodingError) -> Timestamp {
        guard let microseconds = RFC3339.parse(try string(name)) else { throw malformed("\(name) is not a time") }
        return Timestamp(microseconds: microseconds)
    }

    func eventTime(_ name: String) throws(EventDecodingError) -> EventTime {
        EventTime(microseconds: try time(name).microseconds)
    }

    func optionalTime(_ name: String) throws(EventDecodingError) -> Timestamp? {
        isAbsent(name) ? nil : try time(name)
    }

    func uuid(_ name: String) throws(EventDecodingError) -> UUID {
        guard let value = UUID(text: try string(name)) else { throw malformed("\(name) is not a UUID") }
        return value
    }

    func optionalUUID(_ name: String) throws(EventDecodingError) -> UUID? {
        isAbsent(name) ? nil : try uuid(name)
    }

    func grant(_ name: String) throws(EventDecodingError) -> GrantNumber {
        guard let number = UInt32(exactly: try integer(name)) else { throw malformed("\(name) is no grant's number") }
        return GrantNumber(number)
    }

    func value<Value: RawRepresentable>(_ name: String, as: Value.Type) throws(EventDecodingError) -> Value
    where Value.RawValue == String {
        guard let value = Value(rawValue: try string(name)) else { throw malformed("\(name) has an unknown value") }
        return value
    }

    func list<Element>(
        _ name: String, _ read: (PayloadReader) throws(EventDecodingError) -> Element
    ) throws(EventDecodingError) -> [Element] {
        guard case .array(let values) = object[name] else { throw malformed("\(name) is not a list") }
        var elements: [Element] = []
        for value in values {
            guard case .object(let member) = value else { throw malformed("\(name) holds something else than objects") }
            elements.append(try read(PayloadReader(member, type: type)))
        }
        return elements
    }

    func strings(_ name: String) throws(EventDecodingError) -> [String] {
        guard case .array(let values) = object[name] else { throw malformed("\(name) is not a list") }
        let strings = values.compactMap(\.stringValue)
        guard strings.count == values.count else { throw malformed("\(name) holds something else than strings") }
        return strings
    }

    /// An object whose members are all strings.
    func texts(_ name: String) throws(EventDecodingError) -> [String: String] {
        guard case .object(let object) = object[name] else { throw malformed("\(name) is not an object") }
        var texts: [String: String] = [:]
        for (key, value) in object.members {
            guard case .string(let text) = value else { throw malformed("\(name) holds something else than strings") }
            texts[key] = text
        }
        return texts
    }

    func allocations(_ name: String) throws(EventDecodingError) -> [Allocation] {
        try list(name) { (item: PayloadReader) throws(EventDecodingError) in
            Allocation(grant: try item.grant("grant"), units: try item.credits("units"))
        }
    }

    private func isAbsent(_ name: String) -> Bool {
        object[name] == nil || object[name] == .null
    }

    private func malformed(_ reason: String) -> EventDecodingError {
        .malformed(type: type, reason: reason)
    }
}
