import CanonicalJSON
import EventStore
import Foundation

/// The members of an object: every one is known, and of its kind.
struct MemberReader {
    private let object: JSONObject
    private let name: String

    init(_ object: JSONObject, _ name: String) {
        self.object = object
        self.name = name
    }

    /// - Throws: if there are other members than these.
    func finish(_ known: Set<String>) throws(RetentionError) {
        if let other = object.members.first(where: { !known.contains($0.name) }) {
            throw .malformed("\(name) has no member \(other.name)")
        }
    }

    func text(_ member: String) throws(RetentionError) -> String {
        guard let text = object[member]?.stringValue else { throw .malformed("\(name): \(member) is not a text") }
        return text
    }

    func optionalText(_ member: String) throws(RetentionError) -> String? {
        object[member] == nil ? nil : try text(member)
    }

    func value<Value: RawRepresentable>(_ member: String) throws(RetentionError) -> Value
    where Value.RawValue == String {
        let text = try text(member)
        guard let value = Value(rawValue: text) else { throw .malformed("\(name): \(text) is no \(member)") }
        return value
    }

    func period(_ member: String) throws(RetentionError) -> RetentionPeriod? {
        guard let text = try optionalText(member) else { return nil }
        guard let period = RetentionPeriod(text) else {
            throw .malformed("\(name): \(text) is no period such as P90D, P12M or P7Y")
        }
        return period
    }

    func number(_ member: String) throws(RetentionError) -> Int64 {
        let text = try text(member)
        guard let number = Int64(text), number >= 0, String(number) == text else {
            throw .malformed("\(name): \(member) is not a number")
        }
        return number
    }

    func numbers(_ member: String) throws(RetentionError) -> [Int64] {
        guard case .array(let values) = object[member] else { throw .malformed("\(name): \(member) is not a list") }
        var numbers: [Int64] = []
        for value in values {
            guard let text = value.stringValue, let number = Int64(text), number >= 0, String(number) == text else {
                throw .malformed("\(name): \(member) holds something else than numbers")
            }
            numbers.append(number)
        }
        return numbers
    }

    func uuid(_ member: String) throws(RetentionError) -> UUID? {
        guard let text = try optionalText(member) else { return nil }
        guard let uuid = UUID(text: text) else { throw .malformed("\(name): \(member) is not a UUID") }
        return uuid
    }

    func time(_ member: String) throws(RetentionError) -> EventTime? {
        guard let text = try optionalText(member) else { return nil }
        guard let microseconds = RFC3339.parse(text) else { throw .malformed("\(name): \(member) is not a time") }
        return EventTime(microseconds: microseconds)
    }
}
