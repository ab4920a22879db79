/// What a witness answers when it has cosigned: signature lines, one or more, c2sp.org/tlog-witness ("add-checkpoint").
///
/// Nothing vouches for them yet: keys that are not known are to be ignored, and those of a known key verified.
public struct CosignatureLines: Sendable, Equatable {
    /// A longer answer is refused unread. Names are short, and so are the signatures known today.
    public static let maximumByteCount = 64 * 1024

    public let signatures: [NoteSignature]

    public init(_ signatures: [NoteSignature]) throws(NoteError) {
        guard !signatures.isEmpty else { throw .noSignature }
        guard signatures.count <= Note.maximumSignatureCount else { throw .tooManySignatures }
        self.signatures = signatures
    }

    /// Reads a body. `encoded()` gives the same bytes again.
    public init(parsing bytes: some Collection<UInt8>) throws(NoteError) {
        guard bytes.count <= Self.maximumByteCount else { throw .tooLarge }
        var signatures: [NoteSignature] = []
        var lines = LineScanner(Array(bytes)[...])
        while let line = lines.next() {
            guard signatures.count < Note.maximumSignatureCount else { throw .tooManySignatures }
            signatures.append(try NoteSignature(parsing: line))
        }
        guard lines.isAtEnd else { throw .malformedSignature }
        try self.init(signatures)
    }

    public func encoded() -> [UInt8] {
        signatures.flatMap { Array($0.line.utf8) + [UInt8(ascii: "\n")] }
    }
}
