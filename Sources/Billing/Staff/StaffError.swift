/// Why somebody of the staff does not get what they want.
package enum StaffError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nobody sits there.
    case emptySeat(Int)
    case wrongCode
    /// The code is right and was used before.
    case usedCode
    case locked(seconds: Int)
    case unknownAccess
    /// Somebody else came first; to be decided anew.
    case overtaken
    /// What is wrong, in words.
    case refused(String)

    package var description: String {
        switch self {
        case .emptySeat(let seat): "nobody sits in seat \(seat); see zentriq staff roster"
        case .wrongCode: "the code is wrong, or its time is over"
        case .usedCode: "the code was used before; wait for the next one"
        case .locked(let seconds): "too many attempts; try again in \(seconds) seconds"
        case .unknownAccess: "there is no such access; see zentriq staff grants"
        case .overtaken: "somebody else came first; look again"
        case .refused(let reason): reason
        }
    }
}
