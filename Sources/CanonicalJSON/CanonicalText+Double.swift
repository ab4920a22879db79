extension CanonicalText {
    /// Appends a double as ECMAScript's `Number::toString` does: the shortest digits that read back as the same value.
    ///
    /// - Precondition: `value` is finite. JSON has no form for the others, and RFC 8785 demands an error.
    static func appendDouble(_ value: Double, to bytes: inout [UInt8]) {
        precondition(value.isFinite, "JSON has no infinity and no NaN")
        guard value != 0 else { return bytes.append(UInt8(ascii: "0")) }
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        let decimal = ShortestDecimal(value.magnitude)
        switch decimal.point {
        case decimal.digits.count...21:
            bytes.append(contentsOf: decimal.digits)
            appendZeros(decimal.point - decimal.digits.count, to: &bytes)
        case 1...21:
            bytes.append(contentsOf: decimal.digits[..<decimal.point])
            bytes.append(UInt8(ascii: "."))
            bytes.append(contentsOf: decimal.digits[decimal.point...])
        case -5...0:
            bytes.append(contentsOf: "0.".utf8)
            appendZeros(-decimal.point, to: &bytes)
            bytes.append(contentsOf: decimal.digits)
        default:
            appendScientific(decimal, to: &bytes)
        }
    }

    private static func appendScientific(_ decimal: ShortestDecimal, to bytes: inout [UInt8]) {
        bytes.append(decimal.digits[0])
        if decimal.digits.count > 1 {
            bytes.append(UInt8(ascii: "."))
            bytes.append(contentsOf: decimal.digits[1...])
        }
        bytes.append(UInt8(ascii: "e"))
        if decimal.point > 0 { bytes.append(UInt8(ascii: "+")) }
        appendInteger(Int64(decimal.point - 1), to: &bytes)
    }

    private static func appendZeros(_ count: Int, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: count))
    }
}

/// The digits of a positive double without zeros at either end; the value is 0.d₁d₂… × 10^point.
///
/// Swift's own description has the digits ECMAScript asks for (shortest, then closest), only its layout differs.
private struct ShortestDecimal {
    var digits: [UInt8] = []
    var point = 0

    init(_ value: Double) {
        let text = value.description.utf8
        let exponentMark = text.firstIndex(of: UInt8(ascii: "e"))
        let mantissa = text[..<(exponentMark ?? text.endIndex)]
        let exponent = exponentMark.flatMap { Int(Substring(text[text.index(after: $0)...])) } ?? 0
        let dot = mantissa.firstIndex(of: UInt8(ascii: ".")) ?? mantissa.endIndex
        let written = mantissa.filter { $0 != UInt8(ascii: ".") }
        let leadingZeros = written.prefix { $0 == UInt8(ascii: "0") }.count
        digits = Array(written.dropFirst(leadingZeros))
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        point = mantissa.distance(from: mantissa.startIndex, to: dot) - leadingZeros + exponent
    }
}
