import CanonicalJSON
import Testing

@Suite("JSON objects")
struct JSONObjectTests {
    @Test("a member is found by its exact name")
    func lookUp() {
        let object: JSONObject = ["a": 1.0.json, "b": .null]
        #expect(object["a"] == .double(1))
        #expect(object["b"] == .null)
        #expect(object["A"] == nil)
        #expect(JSONObject()["a"] == nil)
    }

    @Test("setting replaces in place, appends or removes")
    func setting() {
        var object: JSONObject = ["a": .integer(1), "b": .integer(2)]
        object["a"] = .integer(3)
        object["c"] = .integer(4)
        object["b"] = nil
        object["d"] = nil
        #expect(object.members.map(\.name) == ["a", "c"])
        #expect(object["a"] == .integer(3))
        #expect(object.count == 2)
    }

    @Test("names that only Unicode normalisation makes equal are different members")
    func canonicalEquivalence() throws {
        let object = try #require(try JSONParser.parse(#"{"é":1,"e\#u{301}":2}"#.utf8).objectValue)
        #expect(object.count == 2)
        #expect(object["é"] == .integer(1))
        #expect(object["e\u{301}"] == .integer(2))
        #expect(JSONValue.string("é") != .string("e\u{301}"))
    }

    @Test("the order of members does not count, their values do")
    func equality() {
        let object: JSONObject = ["a": .integer(1), "b": .integer(2)]
        #expect(object == ["b": .integer(2), "a": .integer(1)])
        #expect(object != ["a": .integer(1), "b": .integer(3)])
        #expect(object != ["a": .integer(1), "c": .integer(2)])
        #expect(object != ["a": .integer(1)])
    }

    @Test("values of different kinds are different")
    func kinds() {
        let values: [JSONValue] = [
            .null, .bool(false), .integer(0), .double(0.5), .string(""), .array([]), .object([:]),
        ]
        for (left, leftValue) in values.enumerated() {
            for (right, rightValue) in values.enumerated() {
                #expect((leftValue == rightValue) == (left == right))
            }
        }
        #expect(JSONValue.integer(1) != .double(1))
    }

    @Test("an accessor answers for its own kind only")
    func accessors() {
        #expect(JSONValue.bool(true).boolValue == true)
        #expect(JSONValue.integer(1).boolValue == nil)
        #expect(JSONValue.integer(-4).integerValue == -4)
        #expect(JSONValue.double(4).integerValue == nil)
        #expect(JSONValue.string("s").stringValue == "s")
        #expect(JSONValue.null.stringValue == nil)
        #expect(JSONValue.array([.null]).arrayValue == [.null])
        #expect(JSONValue.object([:]).arrayValue == nil)
        #expect(JSONValue.object(["a": .null]).objectValue == ["a": .null])
        #expect(JSONValue.array([]).objectValue == nil)
    }
}

extension Double {
    fileprivate var json: JSONValue { .double(self) }
}
