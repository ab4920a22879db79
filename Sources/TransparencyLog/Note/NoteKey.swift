/// Which key made a signature: its name and its id, which together also say the algorithm (signed-note, "Signatures").
public struct NoteKey: Sendable, Hashable, CustomStringConvertible {
    public let name: KeyName
    public let id: KeyID

    public init(name: KeyName, id: KeyID) {
        self.name = name
        self.id = id
    }

    public var description: String { "\(name)+\(id)" }
}

/// Why a key was refused. No case carries any of the key.
public enum NoteKeyError: Error, Sendable, Equatable {
    /// Not of the form the key's text has.
    case malformed
    /// Empty, or with a space, a plus sign or a control character.
    case invalidName
    /// Not Ed25519, or not of the type that is needed here.
    case unknownType
    /// The key does not have 32 bytes.
    case invalidKey
    /// The id in the text is not that of the key.
    case wrongID
}
