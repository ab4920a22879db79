/// Why something sealed, or a wrapped key, can't be opened.
package enum SealingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Not of the form that the format says.
    case malformed
    /// Sealed under another key: the key commitment is not that of this one.
    case otherKey
    /// The key is right, and the content or what it is bound to was changed.
    case notAuthentic
    /// The key was wrapped under a version of the key-encryption key that is not there.
    case noVersion(Int32)
    /// What keeps the keys does not answer, which passes: what it said.
    case unavailable(String)

    package var description: String {
        switch self {
        case .malformed: "it is not of the form of anything sealed"
        case .otherKey: "it is sealed under another key"
        case .notAuthentic: "it was changed, or moved from where it belongs, or the key is another one"
        case .noVersion(let version): "version \(version) of the key-encryption key is not there"
        case .unavailable(let reason): "the key-encryption key can't be used at present: \(reason)"
        }
    }
}
