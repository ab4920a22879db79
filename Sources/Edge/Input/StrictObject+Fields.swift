import CanonicalJSON

extension StrictObject {
    /// The range of numbers that every JSON reader holds exactly, ±(2^53 - 1).
    package static let exactIntegers: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991

    /// The string `name` of 1 to `maximumBytes` bytes of UTF-8; empty if it is wrong.
    package mutating func string(_ name: String, maximumBytes: Int, minimumBytes: Int = 1) -> String {
        required(name, "") { $0.text(name, maximumBytes: maximumBytes, minimumBytes: minimumBytes, $1) }
    }

    /// Like `string`; nil if it is absent.
    package mutating func optionalString(_ name: String, maximumBytes: Int, minimumBytes: Int = 1) -> String? {
        optional(name) { $0.text(name, maximumBytes: maximumBytes, minimumBytes: minimumBytes, $1) }
    }

    /// The whole number `name` within `range`, which must lie within `exactIntegers`; the lower bound if it is wrong.
    package mutating func integer(_ name: String, in range: ClosedRange<Int64>) -> Int64 {
        required(name, range.lowerBound) { $0.number(name, in: range, $1) }
    }

    /// Like `integer`; nil if it is absent.
    package mutating func optionalInteger(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        optional(name) { $0.number(name, in: range, $1) }
    }

    /// Like `integer`; the default if it is absent.
    package mutating func optionalInteger(
        _ name: String, in range: ClosedRange<Int64>, default fallback: Int64
    ) -> Int64 {
        optionalInteger(name, in: range) ?? fallback
    }

    /// The truth value `name`; the default if it is absent.
    package mutating func boolean(_ name: String, default fallback: Bool) -> Bool {
        optional(name) { object, value in
            if let bool = value.boolValue { return bool }
            object.refuse(name, "must be true or false")
            return nil
        } ?? fallback
    }

    /// The case of `Choice` that the string `name` spells; nil only if it is wrong, in which case `finish` throws.
    package mutating func enumeration<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of _: Choice.Type = Choice.self
    ) -> Choice? where Choice.RawValue == String {
        required(name, nil) { $0.choice(name, $1) }
    }

    /// Like `enumeration`; nil also if it is absent.
    package mutating func optionalEnumeration<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of _: Choice.Type = Choice.self
    ) -> Choice? where Choice.RawValue == String {
        optional(name) { $0.choice(name, $1) }
    }

    /// The UUID `name` in its canonical form, 8-4-4-4-12 in lower case; empty if it is wrong.
    package mutating func uuid(_ name: String) -> String {
        required(name, "") { $0.uuidText(name, $1) }
    }

    /// Like `uuid`; nil if it is absent.
    package mutating func optionalUUID(_ name: String) -> String? {
        optional(name) { $0.uuidText(name, $1) }
    }

    /// The RFC 3339 time `name` as microseconds since 1970; 0 if it is wrong.
    package mutating func timestamp(_ name: String) -> Int64 {
        required(name, 0) { $0.time(name, $1) }
    }

    /// Like `timestamp`; nil if it is absent.
    package mutating func optionalTimestamp(_ name: String) -> Int64? {
        optional(name) { $0.time(name, $1) }
    }

    /// The host name `name` (see `HostName`); empty if it is wrong.
    package mutating func hostName(_ name: String) -> String {
        required(name, "") { object, value in
            guard let text = value.stringValue else {
                object.refuse(name, "must be a string")
                return nil
            }
            switch HostName.validate(text) {
            case nil: return text
            case let fault?:
                object.refuse(name, fault.detail)
                return nil
            }
        }
    }
}

extension StrictObject {
    /// - Parameter read: reads the value or notes a fault and returns nil.
    private mutating func required<Value>(
        _ name: String, _ placeholder: Value, _ read: (inout StrictObject, JSONValue) -> Value?
    ) -> Value {
        guard let value = take(name) else {
            refuse(name, "required")
            return placeholder
        }
        return read(&self, value) ?? placeholder
    }

    private mutating func optional<Value>(
        _ name: String, _ read: (inout StrictObject, JSONValue) -> Value?
    ) -> Value? {
        take(name).flatMap { read(&self, $0) }
    }

    private mutating func text(
        _ name: String, maximumBytes: Int, minimumBytes: Int, _ value: JSONValue
    ) -> String? {
        guard let text = value.stringValue else {
            refuse(name, "must be a string")
            return nil
        }
        guard (minimumBytes...maximumBytes).contains(text.utf8.count) else {
            refuse(name, "must have \(minimumBytes) to \(maximumBytes) bytes")
            return nil
        }
        return text
    }

    private mutating func number(_ name: String, in range: ClosedRange<Int64>, _ value: JSONValue) -> Int64? {
        assert(Self.exactIntegers.contains(range.lowerBound) && Self.exactIntegers.contains(range.upperBound))
        guard let number = value.integerValue else {
            refuse(name, "must be a whole number")
            return nil
        }
        guard range.contains(number) else {
            refuse(name, "must be from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    private mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ value: JSONValue
    ) -> Choice? where Choice.RawValue == String {
        // Compared byte by byte: `String` holds canonically equivalent texts for equal.
        let choice = value.stringValue.flatMap { text in
            Choice.allCases.first { $0.rawValue.utf8.elementsEqual(text.utf8) }
        }
        if choice == nil {
            refuse(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    private mutating func uuidText(_ name: String, _ value: JSONValue) -> String? {
        guard let text = value.stringValue, CanonicalUUID.isCanonical(text) else {
            refuse(name, "must be a UUID in lower case")
            return nil
        }
        return text
    }

    private mutating func time(_ name: String, _ value: JSONValue) -> Int64? {
        guard let text = value.stringValue, let microseconds = RFC3339.parse(text) else {
            refuse(name, "must be an RFC 3339 time with at most six fractional digits")
            return nil
        }
        return microseconds
    }
}
