/// What a log claims about itself: so many leaves with this root, c2sp.org/tlog-checkpoint.
///
/// Nothing in it is to be believed before its signature was verified; see `TrustPolicy`.
public struct Checkpoint: Sendable, Equatable {
    /// Sizes are signed 64-bit numbers where they are stored.
    public static let maximumSize = CompactRange.maximumSize

    /// Which log this is. Usually a URL without scheme, but it may be any line that is not empty.
    public let origin: String
    /// The number of leaves.
    public let size: UInt64
    /// The root of the tree of that size.
    public let root: TreeHash
    /// Lines after the third, opaque. A log should have none, and the one of this project has none; those of others
    /// are kept, because the signatures cover them.
    public let extensions: [String]

    public init(origin: String, size: UInt64, root: TreeHash, extensions: [String] = []) throws(CheckpointError) {
        guard size <= Self.maximumSize else { throw .invalidSize }
        guard Self.isLine(origin) else { throw .invalidOrigin }
        guard extensions.allSatisfy(Self.isLine) else { throw .invalidExtension }
        self.origin = origin
        self.size = size
        self.root = root
        self.extensions = extensions
    }

    /// The text that is signed.
    public var text: String {
        var text = "\(origin)\n\(size)\n\(root.base64)\n"
        for line in extensions { text += line + "\n" }
        return text
    }

    public static func == (left: Checkpoint, right: Checkpoint) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    private static func isLine(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 }
    }
}

extension Checkpoint {
    /// Reads the text of a note. `text` gives the same again.
    public init(parsing text: String) throws(CheckpointError) {
        guard text.utf8.count <= Note.maximumByteCount else { throw .tooLarge }
        var lines = LineScanner(Array(text.utf8)[...])
        guard let origin = lines.next(), let size = lines.next(), let root = lines.next() else { throw .missingLine }
        guard let size = Decimal.parse(size, maximum: Self.maximumSize) else { throw .invalidSize }
        guard let root = TreeHash(base64: root) else { throw .invalidRoot }
        var extensions: [String] = []
        while let line = lines.next() { extensions.append(String(decoding: line, as: UTF8.self)) }
        guard lines.isAtEnd else { throw .missingLine }
        try self.init(
            origin: String(decoding: origin, as: UTF8.self), size: size, root: root, extensions: extensions)
    }
}

/// Why something is not a checkpoint.
public enum CheckpointError: Error, Sendable, Equatable {
    case tooLarge
    /// Fewer than three lines, or the last without newline.
    case missingLine
    /// Empty, or with a control character.
    case invalidOrigin
    /// Not a decimal without leading zeros up to `Checkpoint.maximumSize`.
    case invalidSize
    /// Not the base64 of 32 bytes.
    case invalidRoot
    /// An empty line, or a control character.
    case invalidExtension
    /// A cosignature's time beyond `Cosignature.maximumTime`.
    case invalidTime
    /// The checkpoint is not in a well-formed note, or none could be made of it.
    case note(NoteError)
}
