import EventStore
import Foundation
import Testing

@Suite("Identifiers")
struct IdentifierTests {
    @Test(
        "a stream's name is of lower-case letters, digits and hyphens, up to 100 bytes",
        arguments: ["a", "0", "policy", "account-punchout", "a-", "a--b", String(repeating: "x", count: 100)])
    func validStreams(name: String) throws {
        #expect(try #require(StreamID(name)).name == name)
    }

    @Test(
        "nothing else is a stream's name",
        arguments: [
            "", "-", "-a", "A", "account_x", "account x", "account/x", "ä", "a\u{0}", "a\n", "a.b", "a%", "é",
            String(repeating: "x", count: 101),
        ])
    func invalidStreams(name: String) {
        #expect(StreamID(name) == nil)
    }

    @Test(
        "the category is what stands before the first hyphen",
        arguments: [("account-punchout", "account"), ("policy", "policy"), ("capture-a-b", "capture"), ("a-", "a")])
    func category(name: String, category: String) throws {
        #expect(try #require(StreamID(name)).category == category)
    }

    @Test("a UUID's text is Foundation's in lower case")
    func uuidText() {
        for _ in 0..<200 {
            let value = UUID()
            #expect(value.lowercaseText == value.uuidString.lowercased())
        }
        #expect(UUID(uuid: zero).lowercaseText == "00000000-0000-0000-0000-000000000000")
    }

    @Test("a UUID's text is read in either case, and nothing else is taken for one")
    func readsUUID() {
        for _ in 0..<100 {
            let value = UUID()
            #expect(UUID(text: value.uuidString) == value)
            #expect(UUID(text: value.lowercaseText) == value)
        }
        let right = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
        let wrong = [
            "", "-", String(right.dropLast()), right + "0", right.replacing("-", with: ""),
            right.replacing("a", with: "g"),
            "{" + right + "}", right + "\0", " " + right, "0a1b2c3d4-e5f-6071-8293-a4b5c6d7e8f9",
            "٠a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
        ]
        for text in wrong { #expect(UUID(text: text) == nil, "\(text)") }
    }

    @Test("a UUID of random bytes is of version 4 and the RFC's variant, whatever the bytes", arguments: [0, 255])
    func randomUUID(byte: UInt8) {
        let text = UUID(random: [UInt8](repeating: byte, count: 16)).lowercaseText
        let digit = byte == 0 ? "0" : "f"
        let variant = byte == 0 ? "8" : "b"
        let parts = [8, 4, 3, 3, 12].map { String(repeating: digit, count: $0) }
        #expect(text == "\(parts[0])-\(parts[1])-4\(parts[2])-\(variant)\(parts[3])-\(parts[4])")
    }

    @Test(
        "the kernel's random bytes are of the length asked for and never the same",
        arguments: [0, 1, 48, 256, 257, 1_000])
    func randomBytes(count: Int) {
        let bytes = RandomBytes.system.make(count)
        #expect(bytes.count == count)
        if count >= 48 { #expect(bytes != RandomBytes.system.make(count)) }
    }

    @Test("time is text with six digits of a second, and counts seconds in microseconds")
    func time() {
        let time = EventTime(microseconds: 1_770_091_506_000_789)
        #expect(time.text == "2026-02-03T04:05:06.000789Z")
        #expect(time.adding(seconds: -6).text == "2026-02-03T04:05:00.000789Z")
        #expect(time.adding(seconds: 1) > time)
    }

    @Test("the machine's clock is Foundation's")
    func clock() {
        let before = Date().timeIntervalSince1970
        let now = Double(WallClock.system.now().microseconds) / 1_000_000
        #expect((before - 0.001...Date().timeIntervalSince1970 + 0.001).contains(now))
    }
}

private let zero: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
