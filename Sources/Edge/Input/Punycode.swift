/// RFC 3492, both ways: decoding to see whether a label says anything, encoding to see whether it says it in the one
/// way there is.
enum Punycode {
    /// Whether `text`, an A-label without its `xn--`, decodes to a label with at least one character beyond ASCII, and
    /// is what that label encodes to. Control characters are none.
    static func decodesToUnicodeLabel(_ text: ArraySlice<UInt8>) -> Bool {
        guard let scalars = decode(text), scalars.contains(where: { $0.value >= 0xA0 }) else { return false }
        return !scalars.contains { (0x80..<0xA0).contains($0.value) } && encode(scalars).elementsEqual(text)
    }

    /// Section 6.2. Nil for what is no Punycode, overflows, or names no Unicode scalar value.
    static func decode(_ text: ArraySlice<UInt8>) -> [Unicode.Scalar]? {
        let delimiter = text.lastIndex(of: UInt8(ascii: "-"))
        var output: [Unicode.Scalar] = text[..<(delimiter ?? text.startIndex)].map { Unicode.Scalar($0) }
        guard output.allSatisfy(\.isASCII) else { return nil }
        var rest = text[(delimiter.map { $0 + 1 } ?? text.startIndex)...]
        var codePoint = initialCodePoint
        var position = 0
        var bias = initialBias
        while !rest.isEmpty {
            guard let delta = decodeDelta(&rest, bias: bias) else { return nil }
            let (sum, overflow) = position.addingReportingOverflow(delta)
            let count = output.count + 1
            bias = adapt(delta: delta, count: count, isFirst: position == 0)
            guard !overflow else { return nil }
            codePoint += sum / count
            position = sum % count
            guard codePoint <= 0x10FFFF, let scalar = Unicode.Scalar(UInt32(codePoint)) else { return nil }
            output.insert(scalar, at: position)
            position += 1
        }
        return output
    }

    /// Section 6.3. The input is a label, so nothing overflows.
    static func encode(_ scalars: [Unicode.Scalar]) -> [UInt8] {
        var output = scalars.filter(\.isASCII).map { UInt8($0.value) }
        let basicCount = output.count
        var handled = basicCount
        if basicCount > 0 { output.append(UInt8(ascii: "-")) }
        var codePoint = initialCodePoint
        var delta = 0
        var bias = initialBias
        while handled < scalars.count,
            let next = scalars.lazy.map({ Int($0.value) }).filter({ $0 >= codePoint }).min()
        {
            delta += (next - codePoint) * (handled + 1)
            codePoint = next
            for scalar in scalars {
                if scalar.value < codePoint { delta += 1 }
                guard scalar.value == codePoint else { continue }
                encodeDelta(delta, bias: bias, to: &output)
                bias = adapt(delta: delta, count: handled + 1, isFirst: handled == basicCount)
                delta = 0
                handled += 1
            }
            delta += 1
            codePoint += 1
        }
        return output
    }
}

// Section 5.
extension Punycode {
    private static let base = 36
    private static let minimumThreshold = 1
    private static let maximumThreshold = 26
    private static let skew = 38
    private static let damp = 700
    private static let initialBias = 72
    private static let initialCodePoint = 0x80

    /// One generalized variable-length integer; nil if it overflows or ends too early.
    private static func decodeDelta(_ rest: inout ArraySlice<UInt8>, bias: Int) -> Int? {
        var delta: Int32 = 0
        var weight: Int32 = 1
        var position = base
        while let byte = rest.popFirst() {
            guard let digit = digit(byte) else { return nil }
            let (product, tooLarge) = Int32(digit).multipliedReportingOverflow(by: weight)
            let (sum, overflow) = delta.addingReportingOverflow(product)
            guard !tooLarge, !overflow else { return nil }
            delta = sum
            let threshold = threshold(position, bias: bias)
            if digit < threshold { return Int(delta) }
            let (nextWeight, heavy) = weight.multipliedReportingOverflow(by: Int32(base - threshold))
            guard !heavy else { return nil }
            weight = nextWeight
            position += base
        }
        return nil
    }

    private static func encodeDelta(_ delta: Int, bias: Int, to output: inout [UInt8]) {
        var rest = delta
        var position = base
        while true {
            let threshold = threshold(position, bias: bias)
            if rest < threshold { break }
            output.append(character(threshold + (rest - threshold) % (base - threshold)))
            rest = (rest - threshold) / (base - threshold)
            position += base
        }
        output.append(character(rest))
    }

    private static func threshold(_ position: Int, bias: Int) -> Int {
        min(max(position - bias, minimumThreshold), maximumThreshold)
    }

    private static func adapt(delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / damp : delta / 2
        delta += delta / count
        var position = 0
        while delta > (base - minimumThreshold) * maximumThreshold / 2 {
            delta /= base - minimumThreshold
            position += base
        }
        return position + (base - minimumThreshold + 1) * delta / (delta + skew)
    }

    /// Lower case only, as a canonical A-label has it.
    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a"))
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0")) + 26
        default: nil
        }
    }

    private static func character(_ digit: Int) -> UInt8 {
        digit < 26 ? UInt8(ascii: "a") + UInt8(digit) : UInt8(ascii: "0") + UInt8(digit - 26)
    }
}
