import CanonicalJSON

extension JSONValue {
    /// A value that survives writing and reading unchanged: whole doubles are left out, for they come back as integers.
    static func random(using random: inout SeededGenerator, depth: Int = 0) -> JSONValue {
        switch Int.random(in: 0..<(depth < 4 ? 9 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3: return .double(randomDouble(using: &random))
        case 4, 5: return .string(randomText(using: &random))
        case 6:
            return .array(
                (0..<Int.random(in: 0..<5, using: &random)).map { _ in Self.random(using: &random, depth: depth + 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<12, using: &random) {
                object[randomText(using: &random)] = Self.random(using: &random, depth: depth + 1)
            }
            return .object(object)
        }
    }

    /// Any finite double bit for bit, or a short decimal fraction, but none the canonical form writes as an integer.
    private static func randomDouble(using random: inout SeededGenerator) -> Double {
        while true {
            let value =
                Bool.random(using: &random)
                ? Double(bitPattern: random.next()) : Double(Int.random(in: -9_999...9_999, using: &random)) / 1_000
            if value.isFinite, value.magnitude >= 1e21 || value != value.rounded() { return value }
        }
    }

    private static func randomText(using random: inout SeededGenerator) -> String {
        let ranges: [ClosedRange<UInt32>] = [
            0x20...0x7E, 0x61...0x63, 0x01...0x1F, 0x22...0x22, 0x5C...0x5C, 0x7F...0x7FF, 0x800...0xD7FF,
            0xE000...0xFDCF, 0xFFF0...0xFFFD, 0x10000...0x1FFFD, 0x300...0x310,
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<10, using: &random) {
            let range = ranges[Int.random(in: 0..<ranges.count, using: &random)]
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random)) { text.append(scalar) }
        }
        return String(text)
    }
}
