/// Points in time as text: RFC 3339 on the outside, integer microseconds since 1970-01-01T00:00:00Z on the inside.
///
/// Written by integer arithmetic alone, so that the same instant is the same text on every machine, for ever.
/// The proleptic Gregorian calendar is used and, as in POSIX time, no leap second exists.
package enum RFC3339 {
    /// 9999-12-31T23:59:59.999999Z, the last instant that four digits of a year can say.
    package static let maximumMicroseconds: Int64 = 253_402_300_799_999_999

    /// The instant as `2026-05-01T12:00:00.123456Z`: always UTC, always six fractional digits, 27 bytes.
    ///
    /// A year outside 0...9999 is written with a sign and as many digits as it needs; `parse` refuses such text.
    package static func format(microseconds: Int64) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(27)
        append(microseconds: microseconds, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends what `format` would return.
    package static func append(microseconds: Int64, to bytes: inout [UInt8]) {
        let (days, ofDay) = microseconds.flooredDivision(by: microsecondsPerDay)
        let date = CivilDate(daysSinceEpoch: days)
        let second = ofDay / 1_000_000
        if (0...9_999).contains(date.year) {
            bytes.append(decimal: date.year, digits: 4)
        } else {
            bytes.append(contentsOf: (date.year < 0 ? "" : "+").utf8)
            bytes.append(contentsOf: String(date.year).utf8)
        }
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: date.month, digits: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: date.day, digits: 2)
        bytes.append(UInt8(ascii: "T"))
        bytes.append(decimal: second / 3_600, digits: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: second / 60 % 60, digits: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: second % 60, digits: 2)
        bytes.append(UInt8(ascii: "."))
        bytes.append(decimal: ofDay % 1_000_000, digits: 6)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// The instant that `text` names, or nil.
    ///
    /// Accepted: `YYYY-MM-DDThh:mm:ss`, up to six fractional digits, then `Z` or a numeric offset (`+02:00`), with
    /// upper-case letters only. Refused: more digits than can be kept, a leap second, a date that does not exist,
    /// and an instant before 1970 or after 9999 in UTC.
    package static func parse(_ text: some StringProtocol) -> Int64? {
        // The shortest is "1970-01-01T00:00:00Z"; the longest has six digits and an offset.
        guard (20...32).contains(text.utf8.count) else { return nil }
        return Array(text.utf8).withUnsafeBytes { parse(bytes: $0) }
    }

    /// The same from memory.
    package static func parse(bytes: UnsafeRawBufferPointer) -> Int64? {
        guard (20...32).contains(bytes.count) else { return nil }
        var scanner = Scanner(bytes: bytes)
        guard let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), scanner.skip("-"),
            let day = scanner.number(digits: 2), scanner.skip("T"),
            let hour = scanner.number(digits: 2), hour < 24, scanner.skip(":"),
            let minute = scanner.number(digits: 2), minute < 60, scanner.skip(":"),
            let second = scanner.number(digits: 2), second < 60,
            let fraction = scanner.fraction(),
            let offset = scanner.offset(), scanner.isAtEnd,
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        let seconds = date.daysSinceEpoch * 86_400 + hour * 3_600 + minute * 60 + second - offset
        let microseconds = seconds * 1_000_000 + fraction
        return (0...maximumMicroseconds).contains(microseconds) ? microseconds : nil
    }

    private static let microsecondsPerDay: Int64 = 86_400_000_000
}

/// A day of the proleptic Gregorian calendar, converted with eras of 400 years that begin on 1 March.
private struct CivilDate {
    let year: Int64
    let month: Int64
    let day: Int64

    /// Nil unless the day exists.
    init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), day >= 1 else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let length: Int64 =
            switch month {
            case 2: isLeap ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        guard day <= length else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    init(daysSinceEpoch: Int64) {
        let (era, dayOfEra) = (daysSinceEpoch + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = yearFromMarch.flooredDivision(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

/// Reads fixed-width fields from left to right; ASCII digits only.
private struct Scanner {
    let bytes: UnsafeRawBufferPointer
    var index = 0

    var isAtEnd: Bool { index == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func number(digits: Int) -> Int64? {
        guard bytes.count - index >= digits else { return nil }
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = nextDigit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Zero to six digits as microseconds; nil for a point without digits or with a seventh.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        guard var value = nextDigit() else { return nil }
        var scale: Int64 = 100_000
        while scale > 1, let digit = nextDigit() {
            value = value * 10 + digit
            scale /= 10
        }
        return nextDigit() == nil ? value * scale : nil
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int64? {
        if skip("Z") { return 0 }
        let sign: Int64
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = number(digits: 2), hours < 24, skip(":"), let minutes = number(digits: 2), minutes < 60
        else { return nil }
        return sign * (hours * 3_600 + minutes * 60)
    }

    private mutating func nextDigit() -> Int64? {
        guard index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) else { return nil }
        defer { index += 1 }
        return Int64(bytes[index] - UInt8(ascii: "0"))
    }
}

extension Int64 {
    /// The quotient rounded towards minus infinity, and the remainder in 0..<divisor.
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension [UInt8] {
    fileprivate mutating func append(decimal value: Int64, digits: Int) {
        var scale: Int64 = 1
        for _ in 1..<digits { scale *= 10 }
        while scale > 0 {
            append(UInt8(ascii: "0") + UInt8(value / scale % 10))
            scale /= 10
        }
    }
}
