import Billing
import EventStore

/// What somebody proves with that it is them. All that the rest of the code knows of it is what stands here, so that a
/// passkey
/// can be a further case: it counts its uses as well.
enum SecondFactor: Sendable {
    case oneTimePassword(OneTimePassword)

    /// The factor whose secret was kept.
    init(_ member: StaffMember, secret: [UInt8]) {
        self = .oneTimePassword(OneTimePassword(algorithm: member.algorithm, secret: secret))
    }

    /// A number that only grows from one right response to the next. Nil for a wrong one.
    func counter(of response: String, at time: EventTime) -> Int64? {
        switch self {
        case .oneTimePassword(let password): password.step(of: response, at: time)
        }
    }
}
