/// What is wrong with a policy, a hold or a certificate.
package enum RetentionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It is not of the right form: why.
    case malformed(String)
    /// A policy that may not come into force: why, a reason for each rule.
    case refused([String])

    package var description: String {
        switch self {
        case .malformed(let reason): reason
        case .refused(let reasons): reasons.joined(separator: "; ")
        }
    }
}
