import Foundation
import Postgres
import PostgresTesting
import Testing

/// Every type goes to the server and back, and the server's own text of it is compared, so that two errors that
/// cancel each other out do not pass.
@Suite("Values")
struct TypeTests {
    private func echo(_ parameter: Parameter, _ type: String) async throws -> (row: Row, text: String?) {
        try await TestConnection.use { connection in
            let rows = try await connection.query(Statement("SELECT $1::\(type), $1::\(type)::text"), [parameter])
            let row = try rows.only()
            return (row, try row.optionalString(1))
        }
    }

    @Test("8-byte integers", arguments: [0, 1, -1, Int64.max, Int64.min, nil])
    func int8(value: Int64?) async throws {
        let (row, text) = try await echo(.int8(value), "int8")
        #expect(try row.optionalInt64(0) == value)
        #expect(text == value.map(String.init))
    }

    @Test("4-byte integers, which also widen", arguments: [0, -1, Int32.max, Int32.min, nil])
    func int4(value: Int32?) async throws {
        let (row, text) = try await echo(.int4(value), "int4")
        #expect(try row.optionalInt32(0) == value)
        #expect(try row.optionalInt64(0) == value.map(Int64.init))
        #expect(text == value.map(String.init))
    }

    @Test("2-byte integers, which also widen", arguments: [0, -1, Int16.max, Int16.min, nil])
    func int2(value: Int16?) async throws {
        let (row, text) = try await echo(.int2(value), "int2")
        #expect(try row.optionalInt16(0) == value)
        #expect(try row.optionalInt32(0) == value.map(Int32.init))
        #expect(text == value.map(String.init))
    }

    @Test("truth values", arguments: [true, false, nil])
    func bool(value: Bool?) async throws {
        let (row, text) = try await echo(.bool(value), "bool")
        #expect(try row.optionalBool(0) == value)
        #expect(text == value.map { $0 ? "true" : "false" })
    }

    @Test("floats", arguments: [0, -0.5, .infinity, Double.greatestFiniteMagnitude, .leastNonzeroMagnitude, nil])
    func float8(value: Double?) async throws {
        let (row, _) = try await echo(.float8(value), "float8")
        #expect(try row.optionalDouble(0) == value)
    }

    @Test("texts", arguments: ["", "a", "ü€😀", "a'b\"c\\d\n", nil])
    func text(value: String?) async throws {
        let (row, text) = try await echo(.text(value), "text")
        #expect(try row.optionalString(0) == value)
        #expect(text == value)
    }

    @Test("bytes", arguments: [[], [0], Array(0...255), nil])
    func bytea(value: [UInt8]?) async throws {
        let (row, text) = try await echo(.bytea(value), "bytea")
        #expect(try row.optionalBytes(0) == value)
        #expect(text == value.map { "\\x" + $0.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() })
        if let value { #expect(try row.withBytes(0) { Array($0) } == value) }
    }

    @Test("values of one mebibyte")
    func large() async throws {
        let text = String(repeating: "ü", count: 1 << 19)
        #expect(try await echo(.text(text), "text").row.string(0) == text)
        let bytes = [UInt8](repeating: 0, count: 1 << 20)
        #expect(try await echo(.bytea(bytes), "bytea").row.bytes(0) == bytes)
        #expect(try await echo(.byteaArray([bytes, []]), "bytea[]").row.byteaArray(0) == [bytes, []])
        #expect(try await echo(.textArray([text, ""]), "text[]").row.textArray(0) == [text, ""])
    }

    @Test("UUIDs", arguments: [UUID(), UUID(uuidString: "00000000-0000-0000-0000-000000000000"), nil])
    func uuid(value: UUID?) async throws {
        let (row, text) = try await echo(.uuid(value), "uuid")
        #expect(try row.optionalUUID(0) == value)
        #expect(text == value?.uuidString.lowercased())
    }

    @Test(
        "times",
        arguments: [
            (0, "1970-01-01 00:00:00+00"), (1, "1970-01-01 00:00:00.000001+00"), (-1, "1969-12-31 23:59:59.999999+00"),
            (946_684_800_000_000, "2000-01-01 00:00:00+00"), (Int64.max, "infinity"), (Int64.min, "-infinity"),
            (-210_866_803_200_000_000, "4714-11-24 00:00:00+00 BC"),
            (9_223_372_036_854_775_806, "294247-01-10 04:00:54.775806+00"), (nil, nil),
        ] as [(Int64?, String?)])
    func timestamptz(value: Int64?, expected: String?) async throws {
        try await TestConnection.use { connection in
            try await connection.script("SET timezone = 'UTC'")
            let row = try await connection.query(
                "SELECT $1::timestamptz, $1::timestamptz::text", [.timestamptz(microsecondsSinceUnixEpoch: value)]
            ).only()
            #expect(try row.optionalTimestamp(0) == value)
            #expect(try row.optionalString(1) == expected)
        }
    }

    @Test("times the server cannot hold are refused", arguments: [-210_866_803_200_000_001, Int64.min + 1])
    func timestampOutside(value: Int64) async throws {
        try await expectInvalid(.timestamptz(microsecondsSinceUnixEpoch: value), "timestamptz")
        try await expectInvalid(.timestamptzArray(microsecondsSinceUnixEpoch: [0, value]), "timestamptz[]")
    }

    @Test("times that do not fit when counted from 1970 are refused when read")
    func timestampBeyond() async throws {
        try await TestConnection.use { connection in
            let row = try await connection.query("SELECT '294276-12-31 UTC'::timestamptz").only()
            #expect(throws: PostgresError.self) { try row.timestamp(0) }
        }
    }

    @Test("JSON", arguments: [#"{"a": [1, null, "ü"]}"#, "[]", nil])
    func jsonb(value: String?) async throws {
        let (row, text) = try await echo(.jsonb(value), "jsonb")
        #expect(try row.optionalString(0) == value)
        #expect(text == value)
    }

    @Test(
        "a text with a NUL byte is refused before anything is sent",
        arguments: [
            (.text("a\0b"), "text"), (.jsonb("\"\0\""), "jsonb"), (.textArray(["a", "\0"]), "text[]"),
            (.nullableTextArray([nil, "x\0"]), "text[]"), (.textArray(flat: [97, 0], lengths: [1, 1]), "text[]"),
        ] as [(Parameter, String)])
    func nul(parameter: Parameter, type: String) async throws {
        try await expectInvalid(parameter, type)
    }

    @Test("slices that do not add up are refused", arguments: [[1], [1, 3], [4, -1], []])
    func slices(lengths: [Int]) async throws {
        try await expectInvalid(.byteaArray(flat: [1, 2, 3], lengths: lengths), "bytea[]")
    }

    private func expectInvalid(_ parameter: Parameter, _ type: String) async throws {
        try await TestConnection.use { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.query(Statement("SELECT $1::\(type)"), [parameter])
            }
            #expect(error?.kind == .invalidParameter)
            #expect(error?.outcomeUnknown == false)
            let pipelined = await #expect(throws: PostgresError.self) {
                try await connection.pipeline([("SELECT 1", []), (Statement("SELECT $1::\(type)"), [parameter])])
            }
            #expect(pipelined?.kind == .invalidParameter)
            try await connection.expectUsable()
        }
    }

    @Test("columns of another type, NULL and columns that are not there are refused")
    func mismatches() async throws {
        try await TestConnection.use { connection in
            let row = try await connection.query("SELECT 1::int4 AS one, 'x'::text, NULL::int8, 1.5::numeric").only()
            #expect(throws: PostgresError.self) { try row.int16(0) }
            #expect(throws: PostgresError.self) { try row.string(0) }
            #expect(throws: PostgresError.self) { try row.int64(1) }
            #expect(throws: PostgresError.self) { try row.bytes(1) }
            #expect(throws: PostgresError.self) { try row.int64(2) }
            #expect(throws: PostgresError.self) { try row.double(3) }
            #expect(throws: PostgresError.self) { try row.int64(4) }
            #expect(throws: PostgresError.self) { try row.int64(-1) }
            #expect(try row.isNull(2))
            let error = #expect(throws: PostgresError.self) { try row.uuid(0) }
            #expect(error?.kind == .decoding)
            #expect(error?.description.contains("one") == true)
        }
    }
}
