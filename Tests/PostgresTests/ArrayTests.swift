import Foundation
import Postgres
import PostgresTesting
import Testing

@Suite("Arrays")
struct ArrayTests {
    private func echo(_ parameter: Parameter, _ type: String) async throws -> (row: Row, text: String) {
        try await TestConnection.use { connection in
            try await connection.script("SET timezone = 'UTC'")
            let row = try await connection.query(
                Statement("SELECT $1::\(type), $1::\(type)::text"), [parameter]
            ).only()
            return (row, try row.string(1))
        }
    }

    @Test("8-byte integers", arguments: [[], [0], [Int64.min, -1, 0, 1, .max]])
    func int8(values: [Int64]) async throws {
        let (row, text) = try await echo(.int8Array(values), "int8[]")
        #expect(try row.int8Array(0) == values)
        #expect(text == "{\(values.map(String.init).joined(separator: ","))}")
    }

    @Test("4-byte integers, 2-byte integers and truth values, empty too")
    func smaller() async throws {
        let int4 = try await echo(.int4Array([.min, 0, .max]), "int4[]")
        #expect(try int4.row.int32Array(0) == [.min, 0, .max])
        #expect(int4.text == "{-2147483648,0,2147483647}")
        let int2 = try await echo(.int2Array([.min, 0, .max]), "int2[]")
        #expect(try int2.row.int16Array(0) == [.min, 0, .max])
        #expect(int2.text == "{-32768,0,32767}")
        let bool = try await echo(.boolArray([true, false]), "bool[]")
        #expect(try bool.row.boolArray(0) == [true, false])
        #expect(bool.text == "{t,f}")
        #expect(try await echo(.int4Array([]), "int4[]").text == "{}")
        #expect(try await echo(.int2Array([]), "int2[]").text == "{}")
        #expect(try await echo(.boolArray([]), "bool[]").text == "{}")
    }

    @Test(
        "texts",
        arguments: [[], [""], ["a", "ü€😀", "{,}\"\\", "NULL"]])
    func text(values: [String]) async throws {
        let (row, _) = try await echo(.textArray(values), "text[]")
        #expect(try row.textArray(0) == values)
        let flat = try await echo(
            .textArray(flat: values.flatMap { Array($0.utf8) }, lengths: values.map { $0.utf8.count }), "text[]")
        #expect(try flat.row.textArray(0) == values)
        let nullable = try await echo(.nullableTextArray([nil] + values + [nil]), "text[]")
        #expect(try nullable.row.optionalTextArray(0) == [nil] + values + [nil])
        #expect(throws: PostgresError.self) { try nullable.row.textArray(0) }
    }

    @Test("bytes", arguments: [[], [[]], [[0], Array(0...255), []]])
    func bytea(values: [[UInt8]]) async throws {
        let (row, _) = try await echo(.byteaArray(values), "bytea[]")
        #expect(try row.byteaArray(0) == values)
        let flat = try await echo(.byteaArray(flat: Array(values.joined()), lengths: values.map(\.count)), "bytea[]")
        #expect(try flat.row.byteaArray(0) == values)
    }

    @Test("NULL elements reach the server as NULL")
    func nulls() async throws {
        #expect(try await echo(.nullableInt8Array([1, nil, 3]), "int8[]").text == "{1,NULL,3}")
        #expect(try await echo(.nullableByteaArray([nil, [1]]), "bytea[]").text == #"{NULL,"\\x01"}"#)
        #expect(try await echo(.nullableUUIDArray([nil]), "uuid[]").text == "{NULL}")
        #expect(try await echo(.nullableTextArray(["NULL", nil]), "text[]").text == #"{"NULL",NULL}"#)
        #expect(try await echo(.nullableInt8Array([]), "int8[]").text == "{}")
    }

    @Test("UUIDs and times")
    func fixed() async throws {
        let ids = [UUID(), UUID()]
        #expect(try await echo(.uuidArray(ids), "uuid[]").row.uuidArray(0) == ids)
        #expect(try await echo(.nullableUUIDArray(ids), "uuid[]").row.uuidArray(0) == ids)
        let times: [Int64] = [0, -1, 1_700_000_000_123_456]
        let (row, text) = try await echo(.timestamptzArray(microsecondsSinceUnixEpoch: times), "timestamptz[]")
        #expect(try row.timestampArray(0) == times)
        #expect(text.hasPrefix(#"{"1970-01-01 00:00:00+00","1969-12-31 23:59:59.999999+00""#))
    }

    @Test("arrays with more than one dimension are refused")
    func dimensions() async throws {
        try await TestConnection.use { connection in
            let row = try await connection.query("SELECT '{{1,2},{3,4}}'::int8[]").only()
            #expect(throws: PostgresError.self) { try row.int8Array(0) }
        }
    }

    @Test("arrays of random contents come back as they were")
    func random() async throws {
        var random = SeededRandom.announced()
        let cases = (0..<20).map { _ in
            (0..<Int.random(in: 0...300, using: &random)).map { _ -> [UInt8]? in
                guard Int.random(in: 0..<8, using: &random) > 0 else { return nil }
                return (0..<Int.random(in: 0...40, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            }
        }
        try await TestConnection.use { connection in
            for values in cases {
                let rows = try await connection.query(
                    "SELECT v FROM unnest($1::bytea[]) WITH ORDINALITY AS u (v, n) ORDER BY n",
                    [.nullableByteaArray(values)])
                #expect(try rows.map { try $0.optionalBytes(0) } == values)
            }
        }
    }
}
