import Testing

@testable import Edge

@Suite("Query parameters")
struct QueryReaderTests {
    enum Order: String, CaseIterable { case ascending, descending }

    private func errors(_ reader: consuming QueryReader) -> [String] {
        do {
            try reader.finish()
            return []
        } catch {
            return error.errors.map { "\($0.pointer): \($0.detail)" }
        }
    }

    @Test("every kind of parameter is read")
    func parameters() {
        var query = QueryReader(
            query: "name=a%20b%2B%C3%A9&limit=20&cursor=aZ0-_&order=descending"
                + "&id=0b9c0a4e-5f0e-4d4e-9b8f-2f1f7c1d2e3a&at=2026-05-01T12:00:00%2B02:00&n=-3")
        #expect(query.optionalString("name") == "a b+é")
        #expect(query.limit(upTo: 100, default: 50) == 20)
        #expect(query.cursor() == "aZ0-_")
        #expect(query.optionalEnumeration("order", of: Order.self) == .descending)
        #expect(query.optionalUUID("id") == "0b9c0a4e-5f0e-4d4e-9b8f-2f1f7c1d2e3a")
        #expect(query.optionalTimestamp("at") == 1_777_629_600_000_000)
        #expect(query.optionalInteger("n", in: -5...5) == -3)
        #expect(errors(query) == [])
    }

    @Test("without a query, everything is absent", arguments: [nil, ""])
    func absent(query: String?) {
        var query = QueryReader(query: query)
        #expect(query.limit(upTo: 100, default: 50) == 50)
        #expect(query.cursor() == nil)
        #expect(query.optionalString("name") == nil)
        #expect(errors(query) == [])
    }

    @Test(
        "a wrong limit is refused",
        arguments: ["0", "101", "-1", "+1", "01", "1.0", "", "x", "1e1", "9223372036854775808", "%31%00", "１"])
    func limits(text: String) {
        var query = QueryReader(query: "limit=\(text)")
        #expect(query.limit(upTo: 100, default: 50) == 50)
        #expect(errors(query).count == 1)
    }

    @Test(
        "what cannot be read in one way only is refused",
        arguments: [
            ("a=1&a=1", "?a: is given more than once"), ("b=1", "?b: undeclared parameter"),
            ("a", "?a: must be name=value, percent-encoded UTF-8"),
            ("a=%", "?a: must be name=value, percent-encoded UTF-8"),
            ("a=%4", "?a: must be name=value, percent-encoded UTF-8"),
            ("a=%zz", "?a: must be name=value, percent-encoded UTF-8"),
            ("a=%FF", "?a: must be name=value, percent-encoded UTF-8"),
            ("a=%00", "?a: must be name=value, percent-encoded UTF-8"), ("=1", "?: a parameter has no valid name"),
            ("a=1&", "?: a parameter has no valid name"), ("%61=1", "?: a parameter has no valid name"),
            ("a=", "?a: must have 1 to 1024 bytes"), ("A=1", "?: a parameter has no valid name"),
        ])
    func refused(text: String, fault: String) {
        var query = QueryReader(query: text)
        _ = query.optionalString("a")
        #expect(errors(query) == [fault])
    }

    @Test("cursors, choices, UUIDs and times are checked")
    func wrongValues() {
        var query = QueryReader(query: "cursor=a%2Fb&order=up&id=x&at=now&name=\(String(repeating: "a", count: 9))")
        #expect(query.cursor() == nil)
        #expect(query.optionalEnumeration("order", of: Order.self) == nil)
        #expect(query.optionalUUID("id") == nil)
        #expect(query.optionalTimestamp("at") == nil)
        #expect(query.optionalString("name", maximumBytes: 8) == nil)
        #expect(errors(query).count == 5)
    }

    @Test("the number of parameters is bounded")
    func bounded() {
        let most = (0..<QueryReader.maximumParameters).map { _ in "a=1" }.joined(separator: "&")
        #expect(errors(QueryReader(query: most + "&a=1")) == ["?: too many parameters"])
        #expect(errors(QueryReader(query: most)).first == "?a: is given more than once")
    }
}
