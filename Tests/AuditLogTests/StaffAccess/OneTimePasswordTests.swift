import Billing
import EventStore
import Foundation
import Testing

@testable import AuditLog

@Suite("Codes that change with time")
struct OneTimePasswordTests {
    private static let sha1 = OneTimePassword(algorithm: .sha1, secret: Array("12345678901234567890".utf8))
    private static let sha256 = OneTimePassword(
        algorithm: .sha256, secret: Array("12345678901234567890123456789012".utf8))

    @Test(
        "are those of RFC 6238, appendix B",
        arguments: [
            (59, "94287082", "46119246"), (1_111_111_109, "07081804", "68084774"),
            (1_111_111_111, "14050471", "67062674"), (1_234_567_890, "89005924", "91819424"),
            (2_000_000_000, "69279037", "90698825"), (20_000_000_000, "65353130", "77737706"),
        ] as [(Int64, String, String)])
    func vectors(seconds: Int64, sha1: String, sha256: String) {
        let step = OneTimePassword.step(at: EventTime(microseconds: seconds * 1_000_000))
        #expect(Self.sha1.code(at: step, digits: 8) == sha1)
        #expect(Self.sha256.code(at: step, digits: 8) == sha256)
        #expect(Self.sha1.code(at: step) == sha1.suffix(6))
    }

    @Test("are taken a step early or late, and no more", arguments: -3...3 as ClosedRange<Int64>)
    func tolerance(steps: Int64) {
        let now = EventTime(microseconds: 1_767_225_600_000_000)
        let own = OneTimePassword.step(at: now)
        let found = Self.sha1.step(of: Self.sha1.code(at: own + steps), at: now)
        #expect(found == (abs(steps) <= 1 ? own + steps : nil))
    }

    @Test("are six digits and nothing else", arguments: ["", "1", "12345", "1234567", "abcdef", " 94287", "９４２８７０"])
    func malformed(code: String) {
        #expect(Self.sha1.step(of: code, at: EventTime(microseconds: 59_000_000)) == nil)
    }

    @Test("are scanned from an address that says all of it")
    func address() {
        #expect(
            Self.sha1.address(of: "Ada & co") == "otpauth://totp/zentriq:Ada%20%26%20co?secret="
                + "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=zentriq&algorithm=SHA1&digits=6&period=30")
        #expect("\(Self.sha1)" == "OneTimePassword(SHA1)")
    }

    @Test(
        "have secrets in the alphabet of RFC 4648, section 10",
        arguments: [
            ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ])
    func base32(text: String, encoded: String) {
        #expect(Base32.encode(Array(text.utf8)) == encoded)
    }
}

@Suite("Recovery codes")
struct RecoveryCodeTests {
    @Test("are read as they are written, and as people write them")
    func spelling() throws {
        let (code, member) = (RecoveryCode.random(), UUID())
        for text in [code.text, code.text.uppercased(), code.text.replacing("-", with: " ")] {
            #expect(try #require(RecoveryCode(parsing: text)).hash(of: member) == code.hash(of: member))
        }
        #expect(code.hash(of: member) != code.hash(of: UUID()))
        #expect("\(code)" == "RecoveryCode")
    }

    @Test("are nothing else", arguments: ["", "123456", "0123-4567", String(repeating: "g", count: 32)])
    func malformed(text: String) {
        #expect(RecoveryCode(parsing: text) == nil)
    }
}
