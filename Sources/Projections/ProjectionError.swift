/// What goes wrong with a projection; what goes wrong with the log is a `LogError`.
package enum ProjectionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// An event contradicts the rows before it; trying again changes nothing. Parks the event.
    case refused(String)
    /// While one rebuild ran, another of the same projection has finished.
    case overtaken(String)

    package var description: String {
        switch self {
        case .refused(let reason): "refused by the projection: \(reason)"
        case .overtaken(let name): "another rebuild of \(name) has finished meanwhile"
        }
    }
}
