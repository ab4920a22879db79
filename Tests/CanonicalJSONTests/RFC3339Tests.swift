import Testing

@testable import CanonicalJSON

@Suite("RFC 3339 timestamps")
struct RFC3339Tests {
    @Test(
        "an instant and its canonical text name each other",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1, "1970-01-01T00:00:00.000001Z"),
            (999_999, "1970-01-01T00:00:00.999999Z"),
            (86_399_999_999, "1970-01-01T23:59:59.999999Z"),
            (86_400_000_000, "1970-01-02T00:00:00.000000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (951_868_800_000_000, "2000-03-01T00:00:00.000000Z"),
            (1_709_164_800_000_000, "2024-02-29T00:00:00.000000Z"),
            (1_777_636_800_123_456, "2026-05-01T12:00:00.123456Z"),
            (2_147_483_647_000_000, "2038-01-19T03:14:07.000000Z"),
            (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (RFC3339.maximumMicroseconds, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)])
    func canonicalText(microseconds: Int64, text: String) {
        #expect(RFC3339.format(microseconds: microseconds) == text)
        #expect(RFC3339.parse(text) == microseconds)
    }

    @Test(
        "a client may leave digits out and name an offset",
        arguments: [
            ("2026-05-01T12:00:00Z", "2026-05-01T12:00:00.000000Z"),
            ("2026-05-01T12:00:00.5Z", "2026-05-01T12:00:00.500000Z"),
            ("2026-05-01T12:00:00.050Z", "2026-05-01T12:00:00.050000Z"),
            ("2026-05-01T12:00:00.12345Z", "2026-05-01T12:00:00.123450Z"),
            ("2026-05-01T12:00:00+00:00", "2026-05-01T12:00:00.000000Z"),
            ("2026-05-01T12:00:00-00:00", "2026-05-01T12:00:00.000000Z"),
            ("2026-05-01T12:00:00+02:00", "2026-05-01T10:00:00.000000Z"),
            ("2026-05-01T00:30:00.000001+05:45", "2026-04-30T18:45:00.000001Z"),
            ("2026-12-31T20:00:00-08:00", "2027-01-01T04:00:00.000000Z"),
            ("1969-12-31T23:00:00-01:00", "1970-01-01T00:00:00.000000Z"),
            ("1970-01-01T23:59:00+23:59", "1970-01-01T00:00:00.000000Z"),
        ])
    func lenientInput(text: String, canonical: String) throws {
        let microseconds = try #require(RFC3339.parse(text))
        #expect(RFC3339.format(microseconds: microseconds) == canonical)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "Z", "2026", "2026-05-01", "12:00:00Z", "2026-05-01T12:00:00", "2026-05-01 12:00:00Z",
            "2026-05-01t12:00:00Z", "2026-05-01T12:00:00z", "2026-05-01T12:00Z", "2026-05-01T12:00:00.Z",
            "2026-05-01T12:00:00,5Z", "2026-05-01T12:00:00.1234567Z", "2026-05-01T12:00:00.0000000Z",
            "2026-05-01T12:00:60Z", "2016-12-31T23:59:60Z", "2026-05-01T12:60:00Z", "2026-05-01T24:00:00Z",
            "2026-00-01T12:00:00Z", "2026-13-01T12:00:00Z", "2026-05-00T12:00:00Z", "2026-05-32T12:00:00Z",
            "2026-04-31T12:00:00Z", "2026-02-29T12:00:00Z", "2100-02-29T12:00:00Z", "2024-02-30T12:00:00Z",
            "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "+2026-05-01T12:00:00Z", "-026-05-01T12:00:00Z",
            "2026-5-1T12:00:00Z00", "2026-05-01T12:00:00+0200", "2026-05-01T12:00:00+02", "2026-05-01T12:00:00+24:00",
            "2026-05-01T12:00:00+02:60", "2026-05-01T12:00:00+02:0", "2026-05-01T12:00:00ZZ", " 2026-05-01T12:00:00Z",
            "2026-05-01T12:00:00Z ", "2026-05-01T12:00:00Z\n", "2026-05-01T12:00:00Z\0", "２０２6-05-01T12:00:00Z",
            "2026-05-01T12:00:00.-5Z", "2026-05-01T12:00:00\u{2212}02:00", "2026-W18-5T12:00:00Z",
        ])
    func refused(text: String) {
        #expect(RFC3339.parse(text) == nil)
    }

    @Test("every day of an era of 400 years follows the one before it, and so does every month up to 9999")
    func everyDay() {
        let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var microseconds: Int64 = 0
        var wrong: [String] = []
        for year in Int64(1970)...9_999 {
            let isLeap = year.isMultiple(of: 400) || (year.isMultiple(of: 4) && !year.isMultiple(of: 100))
            for month in Int64(1)...12 {
                let length = lengths[Int(month) - 1] + (month == 2 && isLeap ? 1 : 0)
                for day in 1...length {
                    defer { microseconds += 86_400_000_000 }
                    guard year < 2_370 || day == 1 || day == length else { continue }
                    let expected = "\(year)-\(padded(month))-\(padded(day))T00:00:00.000000Z"
                    let text = RFC3339.format(microseconds: microseconds)
                    if text != expected || RFC3339.parse(text) != microseconds { wrong.append(expected) }
                }
            }
        }
        #expect(wrong.isEmpty)
        #expect(microseconds == RFC3339.maximumMicroseconds + 1)
    }

    @Test("every second of a day follows the one before it")
    func everySecond() {
        let midnight: Int64 = 1_777_593_600_000_000
        var wrong: [Int64] = []
        for second in Int64(0)..<86_400 {
            let time = "\(padded(second / 3_600)):\(padded(second / 60 % 60)):\(padded(second % 60))"
            let text = RFC3339.format(microseconds: midnight + second * 1_000_000)
            if text != "2026-05-01T\(time).000000Z" || RFC3339.parse(text) != midnight + second * 1_000_000 {
                wrong.append(second)
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test("formatting is total: no instant traps, and what cannot be parsed back is plain to see")
    func extremes() {
        #expect(RFC3339.format(microseconds: -1) == "1969-12-31T23:59:59.999999Z")
        #expect(RFC3339.format(microseconds: RFC3339.maximumMicroseconds + 1) == "+10000-01-01T00:00:00.000000Z")
        #expect(RFC3339.format(microseconds: .max) == "+294247-01-10T04:00:54.775807Z")
        #expect(RFC3339.format(microseconds: .min) == "-290308-12-21T19:59:05.224192Z")
        #expect(RFC3339.parse(RFC3339.format(microseconds: .max)) == nil)
        #expect(RFC3339.parse(RFC3339.format(microseconds: .min)) == nil)
    }

    @Test("a substring is parsed like a string, and appending keeps what was there")
    func shapes() {
        let text = "at 2026-05-01T12:00:00.123456Z."
        #expect(RFC3339.parse(text.dropFirst(3).dropLast()) == 1_777_636_800_123_456)
        var bytes = Array("at ".utf8)
        RFC3339.append(microseconds: 1_777_636_800_123_456, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        #expect(bytes == Array(text.utf8))
    }

    private func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
