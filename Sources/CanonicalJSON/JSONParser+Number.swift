extension JSONParser {
    /// Reads a number whose first byte, a digit or a minus sign, is at the offset.
    mutating func number() throws(JSONParseError) -> JSONValue {
        let start = offset
        let isNegative = input[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let whole = offset
        try skipDigits(from: start)
        guard input[whole] != UInt8(ascii: "0") || offset == whole + 1 else { throw invalid(from: start) }
        var isWhole = true
        if nextIs(UInt8(ascii: "."), UInt8(ascii: ".")) {
            isWhole = false
            offset += 1
            try skipDigits(from: start)
        }
        if nextIs(UInt8(ascii: "e"), UInt8(ascii: "E")) {
            isWhole = false
            offset += 1
            if nextIs(UInt8(ascii: "+"), UInt8(ascii: "-")) { offset += 1 }
            try skipDigits(from: start)
        }
        guard offset - start <= Limits.maximumNumberBytes else { throw JSONParseError(kind: .tooLarge, offset: start) }
        if isNegative, isWhole, input[whole] == UInt8(ascii: "0") {
            return .double(-0.0)
        }
        return isWhole ? try integer(from: start) : try double(from: start)
    }

    private func integer(from start: Int) throws(JSONParseError) -> JSONValue {
        guard let value = Int64(String(decoding: input[start..<offset], as: UTF8.self)) else {
            throw JSONParseError(kind: .numberOutOfRange, offset: start)
        }
        return .integer(value)
    }

    /// Doubles from 2^63 up to 1e21 are refused: their canonical form is a bare integer, which would not be read again.
    private func double(from start: Int) throws(JSONParseError) -> JSONValue {
        guard let value = Double(String(decoding: input[start..<offset], as: UTF8.self)) else {
            throw invalid(from: start)
        }
        guard value.isFinite, !(0x1p63..<1e21).contains(value.magnitude) else {
            throw JSONParseError(kind: .numberOutOfRange, offset: start)
        }
        return .double(value)
    }

    private mutating func skipDigits(from start: Int) throws(JSONParseError) {
        let first = offset
        while offset < input.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(input[offset]) { offset += 1 }
        guard offset > first else { throw invalid(from: start) }
    }

    private func nextIs(_ one: UInt8, _ other: UInt8) -> Bool {
        offset < input.count && (input[offset] == one || input[offset] == other)
    }

    private func invalid(from start: Int) -> JSONParseError {
        JSONParseError(kind: .invalidNumber, offset: start)
    }
}
