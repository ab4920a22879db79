/// The name of a signing key: not empty, without Unicode spaces, plus signs and control characters (signed-note,
/// "Format"). A URL without scheme is recommended.
///
/// Names are equal if their UTF-8 is: two spellings of one accented letter are two names.
public struct KeyName: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    public init(_ text: String) throws(NoteKeyError) {
        guard Self.isValid(text) else { throw .invalidName }
        self.text = text
    }

    public var description: String { text }

    public static func == (left: KeyName, right: KeyName) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        hasher.combine(UInt8(0xFF))
    }

    private static func isValid(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.value >= 0x20 && scalar != "+" && !scalar.properties.isWhitespace
            }
    }
}
