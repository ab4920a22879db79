/// One signature line of a note: `— name base64(key id ‖ signature)` (signed-note, "Signatures").
public struct NoteSignature: Sendable, Hashable {
    public let key: NoteKey
    /// What the key's algorithm made; at least one byte. Its meaning depends on the key.
    public let bytes: [UInt8]

    public init(key: NoteKey, bytes: [UInt8]) throws(NoteError) {
        guard !bytes.isEmpty else { throw .malformedSignature }
        self.key = key
        self.bytes = bytes
    }

    /// Reads a line without its newline.
    init(parsing line: ArraySlice<UInt8>) throws(NoteError) {
        guard let content = line.dropping(prefix: "\u{2014} "), let space = content.firstIndex(of: UInt8(ascii: " ")),
            let text = String(validating: content[..<space], as: UTF8.self), let name = try? KeyName(text),
            let blob = Base64.decode(content[(space + 1)...]), blob.count > KeyID.byteCount
        else { throw .malformedSignature }
        let id = blob.prefix(KeyID.byteCount).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        key = NoteKey(name: name, id: KeyID(id))
        bytes = Array(blob.dropFirst(KeyID.byteCount))
    }

    /// The line as it stands in a note, without its newline.
    public var line: String {
        let id = stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: key.id.value >> UInt32($0)) }
        return "\u{2014} \(key.name) \(Base64.encode(id + bytes))"
    }
}
