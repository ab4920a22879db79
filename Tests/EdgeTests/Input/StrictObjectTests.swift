import CanonicalJSON
import Testing

@testable import Edge

@Suite("Fields of a body")
struct StrictObjectTests {
    enum Product: String, CaseIterable { case cart, agent }

    private func object(_ text: String) throws -> StrictObject {
        try StrictObject(parsing: text.utf8)
    }

    private func errors(_ body: consuming StrictObject) -> [String] {
        do {
            try body.finish()
            return []
        } catch {
            return error.errors.map { "\($0.pointer): \($0.detail)" }
        }
    }

    @Test("every kind of field is read")
    func fields() throws {
        var body = try object(
            #"{"s":"text","i":-5,"b":true,"e":"agent","u":"0b9c0a4e-5f0e-4d4e-9b8f-2f1f7c1d2e3a","#
                + #""t":"2026-05-01T12:00:00.5Z","h":"shop.example.com","n":{"x":1}}"#)
        #expect(body.string("s", maximumBytes: 4) == "text")
        #expect(body.integer("i", in: -5...5) == -5)
        let bool = body.boolean("b", default: false)
        #expect(bool)
        #expect(body.enumeration("e", of: Product.self) == .agent)
        #expect(body.uuid("u") == "0b9c0a4e-5f0e-4d4e-9b8f-2f1f7c1d2e3a")
        #expect(body.timestamp("t") == 1_777_636_800_500_000)
        #expect(body.hostName("h") == "shop.example.com")
        var inner = body.nested("n")
        #expect(inner.integer("x", in: 0...1) == 1)
        body.finish(inner)
        #expect(errors(body) == [])
    }

    @Test("an absent optional field is nil or the default, and no fault")
    func absent() throws {
        var body = try object("{}")
        #expect(body.optionalString("a", maximumBytes: 1) == nil)
        #expect(body.optionalInteger("b", in: 0...1) == nil)
        #expect(body.optionalInteger("c", in: 0...9, default: 7) == 7)
        let bool = body.boolean("d", default: true)
        #expect(bool)
        #expect(body.optionalEnumeration("e", of: Product.self) == nil)
        #expect(body.optionalUUID("f") == nil)
        #expect(body.optionalTimestamp("g") == nil)
        #expect(errors(body) == [])
    }

    @Test("every wrong field is a fault, and reading goes on")
    func wrong() throws {
        var body = try object(
            #"{"s":"toolong","i":2,"b":1,"e":"Agent","u":"0B9C0A4E-5F0E-4D4E-9B8F-2F1F7C1D2E3A","#
                + #""t":"2026-05-01","h":"localhost","n":[],"o":null}"#)
        _ = body.string("s", maximumBytes: 6)
        _ = body.integer("i", in: 0...1)
        _ = body.boolean("b", default: true)
        #expect(body.enumeration("e", of: Product.self) == nil)
        _ = body.uuid("u")
        _ = body.timestamp("t")
        _ = body.hostName("h")
        let inner = body.nested("n")
        body.finish(inner)
        #expect(body.optionalInteger("o", in: 0...1) == nil)
        _ = body.uuid("missing")
        #expect(
            errors(body) == [
                "/s: must have 1 to 6 bytes", "/i: must be from 0 to 1", "/b: must be true or false",
                "/e: must be one of cart, agent", "/u: must be a UUID in lower case",
                "/t: must be an RFC 3339 time with at most six fractional digits",
                "/h: must not be a name of the local machine", "/n: must be an object",
                "/o: must be a whole number", "/missing: required",
            ])
    }

    @Test("whole numbers beyond 2^53 - 1 are no JSON numbers here")
    func exactIntegers() throws {
        var body = try object(#"{"a":9007199254740991,"b":9007199254740992,"c":-9007199254740992,"d":1e3}"#)
        let range = StrictObject.exactIntegers
        #expect(body.integer("a", in: range) == 9_007_199_254_740_991)
        _ = body.integer("b", in: range)
        _ = body.integer("c", in: range)
        _ = body.integer("d", in: 0...1_000)
        #expect(errors(body).map { $0.prefix(2) } == ["/b", "/c", "/d"])
    }

    @Test("faults of an inner object point into it")
    func nested() throws {
        var body = try object(#"{"vendor":{"host":"A","extra":1}}"#)
        var inner = body.nested("vendor")
        _ = inner.string("host", maximumBytes: 0, minimumBytes: 0)
        body.finish(inner)
        #expect(errors(body) == ["/vendor/host: must have 0 to 0 bytes", "/vendor/extra: undeclared field"])
    }

    @Test("the list of faults is bounded")
    func bounded() throws {
        let members = (0..<100).map { "\"f\($0)\":1" }.joined(separator: ",")
        #expect(errors(try object("{\(members)}")).count == StrictObject.maximumErrors)
    }

    @Test("canonically equivalent names and choices are different ones")
    func equivalence() throws {
        var body = try object("{\"e\u{301}\":1}")
        #expect(body.optionalInteger("\u{E9}", in: 0...1) == nil)
        #expect(errors(body).count == 1)
    }
}
