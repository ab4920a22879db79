/// A text and the signatures below it, c2sp.org/signed-note.
///
/// A value of this type is well-formed and nothing more. Whatever its text says is to be ignored until `verify` has
/// found a signature of a trusted key.
public struct Note: Sendable, Equatable {
    /// A longer note is refused unread.
    public static let maximumByteCount = 1_000_000

    /// More signatures than these are refused. The specification asks for at least 16.
    public static let maximumSignatureCount = 100

    /// What is signed: it ends in a newline, may hold empty lines, and has no control character but the newline.
    public let text: String

    /// At least one, in the order of the lines.
    public private(set) var signatures: [NoteSignature]

    public init(text: String, signatures: [NoteSignature]) throws(NoteError) {
        try Self.check(Array(text.utf8)[...])
        guard text.utf8.last == UInt8(ascii: "\n") else { throw .unterminatedText }
        guard !signatures.isEmpty else { throw .noSignature }
        self.text = text
        self.signatures = signatures
        try checkLimits()
    }

    /// Adds a signature, in the place of one that the same key made before.
    public mutating func add(_ signature: NoteSignature) throws(NoteError) {
        var changed = self
        if let index = signatures.firstIndex(where: { $0.key == signature.key }) {
            changed.signatures[index] = signature
        } else {
            changed.signatures.append(signature)
        }
        try changed.checkLimits()
        self = changed
    }

    public static func == (left: Note, right: Note) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8) && left.signatures == right.signatures
    }
}

extension Note {
    /// Reads a note. `encoded()` gives the same bytes again.
    public init(parsing bytes: some Collection<UInt8>) throws(NoteError) {
        guard bytes.count <= Self.maximumByteCount else { throw .tooLarge }
        let bytes = Array(bytes)[...]
        try Self.check(bytes)
        guard let blank = Self.lastBlankLine(of: bytes) else { throw .noSignature }
        guard let text = String(validating: bytes[..<blank], as: UTF8.self) else { throw .invalidUTF8 }
        var signatures: [NoteSignature] = []
        var lines = LineScanner(bytes[(blank + 1)...])
        while let line = lines.next() {
            guard signatures.count < Self.maximumSignatureCount else { throw .tooManySignatures }
            signatures.append(try NoteSignature(parsing: line))
        }
        guard lines.isAtEnd else { throw .malformedSignature }
        guard !signatures.isEmpty else { throw .noSignature }
        self.text = text
        self.signatures = signatures
    }

    /// Text, blank line and signature lines.
    public func encoded() -> [UInt8] {
        var bytes = Array(text.utf8)
        bytes.append(UInt8(ascii: "\n"))
        for signature in signatures {
            bytes.append(contentsOf: signature.line.utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    /// The index of the newline that is the last empty line.
    private static func lastBlankLine(of bytes: ArraySlice<UInt8>) -> Int? {
        var index = bytes.endIndex - 1
        while index > bytes.startIndex {
            if bytes[index] == UInt8(ascii: "\n"), bytes[index - 1] == UInt8(ascii: "\n") { return index }
            index -= 1
        }
        return nil
    }

    private static func check(_ bytes: ArraySlice<UInt8>) throws(NoteError) {
        guard bytes.count <= maximumByteCount else { throw .tooLarge }
        guard bytes.allSatisfy({ $0 >= 0x20 || $0 == UInt8(ascii: "\n") }) else { throw .controlCharacter }
    }

    private func checkLimits() throws(NoteError) {
        guard signatures.count <= Self.maximumSignatureCount else { throw .tooManySignatures }
        guard encoded().count <= Self.maximumByteCount else { throw .tooLarge }
    }
}

/// Why something is not a well-formed note, or none could be made.
public enum NoteError: Error, Sendable, Equatable {
    case tooLarge
    case invalidUTF8
    /// A character below U+0020 that is not a newline.
    case controlCharacter
    /// The text does not end in a newline.
    case unterminatedText
    /// No empty line, or nothing after the last.
    case noSignature
    case malformedSignature
    case tooManySignatures
    /// The cryptographic library made no signature. On Linux it always does.
    case signingFailed
}
