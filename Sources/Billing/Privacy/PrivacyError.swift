/// Why nothing came of a request, or of what was to be done about one.
package enum PrivacyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The tenant has no such person.
    case unknownSubject
    /// Nothing was ever recorded of it.
    case unknownTenant
    case unknownRequest
    /// It has ended in another way already.
    case closedOtherwise
    case tooManyOpenRequests
    /// In the future, or too long ago.
    case receivedAtOutOfRange
    /// Somebody else came first; to be decided anew.
    case overtaken

    package var description: String {
        switch self {
        case .unknownSubject: "the tenant has no such person"
        case .unknownTenant: "nothing was ever recorded of that tenant"
        case .unknownRequest: "the person has no such request"
        case .closedOtherwise: "the request has ended in another way"
        case .tooManyOpenRequests: "the person has as many open requests as may be"
        case .receivedAtOutOfRange: "it was received in the future, or more than 366 days ago"
        case .overtaken: "others came first, again and again; try again"
        }
    }
}
