/// Why a stored event can't be read.
package enum EventDecodingError: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownType(String)
    case unknownVersion(type: String, version: Int16)
    case malformed(type: String, reason: String)

    package var description: String {
        switch self {
        case .unknownType(let type): "no event type \(type) is known"
        case .unknownVersion(let type, let version): "version \(version) of \(type) is not known"
        case .malformed(let type, let reason): "a payload of \(type) is malformed: \(reason)"
        }
    }
}
