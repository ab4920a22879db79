/// The text form shared by verifier keys and private keys: `name+id+base64(type ‖ key)` (signed-note, "Verifier keys").
struct KeyText {
    /// A longer text is refused unread. Names are short URLs.
    static let maximumByteCount = 4096
    static let keyByteCount = 32
    private static let privatePrefix = "PRIVATE+KEY+"

    let name: KeyName
    let id: KeyID
    let type: SignatureType
    /// The public key, or the seed of a private one.
    let key: [UInt8]

    init(name: KeyName, id: KeyID, type: SignatureType, key: [UInt8]) {
        self.name = name
        self.id = id
        self.type = type
        self.key = key
    }

    init(parsing text: some StringProtocol) throws(NoteKeyError) {
        guard text.utf8.count <= Self.maximumByteCount else { throw .malformed }
        // Base64 may hold plus signs too; the name and the id may not.
        let parts = text.utf8.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let nameText = String(validating: parts[0], as: UTF8.self) else { throw .malformed }
        name = try KeyName(nameText)
        guard let id = Self.id(hexadecimal: parts[1]), let blob = Base64.decode(Array(parts[2])), let first = blob.first
        else { throw .malformed }
        guard let type = SignatureType(rawValue: first) else { throw .unknownType }
        guard blob.count == 1 + Self.keyByteCount else { throw .invalidKey }
        self.id = id
        self.type = type
        key = Array(blob.dropFirst())
    }

    var text: String {
        "\(name)+\(id)+\(Base64.encode([type.rawValue] + key))"
    }

    /// Reads `PRIVATE+KEY+name+id+base64(type ‖ seed)`, the form in which golang.org/x/mod/sumdb/note keeps a key.
    init(parsingPrivateKey text: String, type: SignatureType) throws(NoteKeyError) {
        guard text.utf8.starts(with: Self.privatePrefix.utf8) else { throw .malformed }
        try self.init(parsing: text.dropFirst(Self.privatePrefix.count))
        guard self.type == type else { throw .unknownType }
    }

    /// What `init(parsingPrivateKey:type:)` reads, if `key` is a seed.
    var privateText: String { Self.privatePrefix + text }

    private static func id(hexadecimal text: some Collection<UInt8>) -> KeyID? {
        guard text.count == 2 * KeyID.byteCount else { return nil }
        var value: UInt32 = 0
        for character in text {
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(character - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(character - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return KeyID(value)
    }
}
