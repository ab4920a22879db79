/// Decimal numbers as the specifications write them: ASCII digits, no sign, no leading zero except in `0` itself.
enum Decimal {
    /// Nil unless `text` is the one way to write a number up to `maximum`.
    static func parse(_ text: some Collection<UInt8>, maximum: UInt64) -> UInt64? {
        guard let first = text.first, first != UInt8(ascii: "0") || text.count == 1 else { return nil }
        var value: UInt64 = 0
        for character in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) else { return nil }
            let (shifted, overflowed) = value.multipliedReportingOverflow(by: 10)
            guard !overflowed else { return nil }
            let (sum, exceeded) = shifted.addingReportingOverflow(UInt64(character - UInt8(ascii: "0")))
            guard !exceeded, sum <= maximum else { return nil }
            value = sum
        }
        return value
    }
}
