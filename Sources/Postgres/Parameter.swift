package import Foundation

/// One value of a statement, in PostgreSQL's binary form.
///
/// Making a parameter never fails: what cannot be sent (a text with a NUL, a time outside the server's range) is
/// refused with `invalidParameter` when the statement is run, before anything is sent.
package struct Parameter: Sendable {
    enum Payload: Sendable {
        case null
        /// Up to eight bytes as they lie in memory, without an allocation.
        case word(UInt64, count: Int)
        case uuid(uuid_t)
        case bytes([UInt8])
        case invalid(String)
    }

    let type: UInt32
    let payload: Payload

    init(_ type: UInt32, _ payload: Payload) {
        self.type = type
        self.payload = payload
    }

    package static func int8(_ value: Int64?) -> Parameter {
        integer(TypeID.int8, value)
    }

    package static func int4(_ value: Int32?) -> Parameter {
        integer(TypeID.int4, value)
    }

    package static func int2(_ value: Int16?) -> Parameter {
        integer(TypeID.int2, value)
    }

    package static func bool(_ value: Bool?) -> Parameter {
        integer(TypeID.bool, value.map { UInt8($0 ? 1 : 0) })
    }

    package static func float8(_ value: Double?) -> Parameter {
        integer(TypeID.float8, value?.bitPattern)
    }

    package static func text(_ value: String?) -> Parameter {
        guard let value else { return Parameter(TypeID.text, .null) }
        return text(Array(value.utf8), as: TypeID.text)
    }

    package static func bytea(_ value: [UInt8]?) -> Parameter {
        Parameter(TypeID.bytea, value.map { .bytes($0) } ?? .null)
    }

    package static func uuid(_ value: UUID?) -> Parameter {
        Parameter(TypeID.uuid, value.map { .uuid($0.uuid) } ?? .null)
    }

    /// `Int64.max` and `Int64.min` are `infinity` and `-infinity`.
    package static func timestamptz(microsecondsSinceUnixEpoch value: Int64?) -> Parameter {
        guard let value else { return Parameter(TypeID.timestamptz, .null) }
        guard let encoded = TimestampFormat.encode(value) else {
            return Parameter(TypeID.timestamptz, .invalid("a time outside the server's range"))
        }
        return integer(TypeID.timestamptz, encoded)
    }

    /// JSON text, checked by the server.
    package static func jsonb(_ value: String?) -> Parameter {
        guard let value else { return Parameter(TypeID.jsonb, .null) }
        return text([1] + value.utf8, as: TypeID.jsonb)
    }

    private static func integer<Integer: FixedWidthInteger>(_ type: UInt32, _ value: Integer?) -> Parameter {
        guard let value else { return Parameter(type, .null) }
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { $0.storeBytes(of: value.bigEndian, as: Integer.self) }
        return Parameter(type, .word(word, count: value.bitWidth / 8))
    }

    private static func text(_ bytes: [UInt8], as type: UInt32) -> Parameter {
        guard !bytes.contains(0) else { return Parameter(type, .invalid("a text with a NUL byte")) }
        return Parameter(type, .bytes(bytes))
    }
}

/// Values stay out of every text made from a parameter.
extension Parameter: CustomStringConvertible, CustomReflectable {
    package var description: String {
        if case .null = payload { "NULL of type \(type)" } else { "a value of type \(type)" }
    }

    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
