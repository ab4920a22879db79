/// The object identifiers of the built-in types this client speaks, fixed in PostgreSQL's `pg_type.dat`.
enum TypeID {
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let char: UInt32 = 18
    static let name: UInt32 = 19
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let json: UInt32 = 114
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let unknown: UInt32 = 705
    static let boolArray: UInt32 = 1000
    static let byteaArray: UInt32 = 1001
    static let nameArray: UInt32 = 1003
    static let int2Array: UInt32 = 1005
    static let int4Array: UInt32 = 1007
    static let textArray: UInt32 = 1009
    static let varcharArray: UInt32 = 1015
    static let int8Array: UInt32 = 1016
    static let bpchar: UInt32 = 1042
    static let varchar: UInt32 = 1043
    static let timestamptz: UInt32 = 1184
    static let timestamptzArray: UInt32 = 1185
    static let uuid: UInt32 = 2950
    static let uuidArray: UInt32 = 2951
    static let jsonb: UInt32 = 3802

    static func isText(_ type: UInt32) -> Bool {
        type == text || type == varchar || type == name || type == bpchar || type == json || type == unknown
            || type == char
    }
}

/// `timestamptz` counts microseconds from 2000-01-01; this code counts them from 1970-01-01.
enum TimestampFormat {
    private static let offset: Int64 = 946_684_800_000_000
    /// 4714 BC to 294276 AD: what the server accepts.
    private static let range: Range<Int64> = -211_813_488_000_000_000..<9_223_371_331_200_000_000

    /// `nil` outside the server's range. The extremes of `Int64` stand for the server's infinities.
    static func encode(_ microseconds: Int64) -> Int64? {
        if microseconds == .max || microseconds == .min { return microseconds }
        let (value, overflow) = microseconds.subtractingReportingOverflow(offset)
        return overflow || !range.contains(value) ? nil : value
    }

    /// `nil` for a time in the last 29 years the server knows, which do not fit when counted from 1970.
    static func decode(_ value: Int64) -> Int64? {
        if value == .max || value == .min { return value }
        let (sum, overflow) = value.addingReportingOverflow(offset)
        return overflow ? nil : sum
    }
}
