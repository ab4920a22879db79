/// Changes inputs in the ways in which parsers are usually wrong.
struct Mutator {
    /// No input grows beyond, however often it is changed.
    static let maximumByteCount = 4096

    var generator: SeededGenerator

    private static let tokens = [
        "\n", "\n\n", "\r\n", " ", "\t", "\0", "=", "==", "+", "/", "x", ".p/", "0", "00", "256", "-1",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "\u{2014} ",
        "\u{A0}", "\u{2003}", "\u{FEFF}", "extra ", "index ", "old ", "tile/", "entries/", "PRIVATE+KEY+",
    ].map { Array($0.utf8) }

    mutating func random() -> [UInt8] {
        let count = Int.random(in: 0...200, using: &generator)
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// One to four changes.
    mutating func mutate(_ input: [UInt8], other: [UInt8]) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...4, using: &generator) { change(&bytes, other: other) }
        return Array(bytes.prefix(Self.maximumByteCount))
    }

    private mutating func change(_ bytes: inout [UInt8], other: [UInt8]) {
        let position = Int.random(in: 0...bytes.count, using: &generator)
        let range = piece(of: bytes)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0 where position < bytes.count: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1 where position < bytes.count: bytes[position] = .random(in: .min ... .max, using: &generator)
        case 2: bytes.removeSubrange(range)
        case 3: bytes.insert(contentsOf: Array(bytes[range]), at: position)
        case 4: bytes.removeSubrange(position...)
        case 5: bytes.replaceSubrange(range, with: other[piece(of: other)])
        case 6: bytes[range].reverse()
        default: bytes.insert(contentsOf: Self.tokens.randomElement(using: &generator) ?? [], at: position)
        }
    }

    private mutating func piece(of bytes: [UInt8]) -> Range<Int> {
        let start = Int.random(in: 0...bytes.count, using: &generator)
        return start..<min(bytes.count, start + Int.random(in: 0...60, using: &generator))
    }
}
