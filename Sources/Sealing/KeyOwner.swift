package import Foundation

/// What a wrapped key is for: it can't be unwrapped as the key of anything else.
package enum KeyOwner: Sendable, Hashable {
    /// The data key of a person of a tenant.
    case subject(log: String, tenant: UUID, subject: UUID, key: UUID)
    /// The key that people are looked up by.
    case lookup(log: String)
    /// The data key of one generation of a stored token.
    case token(TokenPlace)
    /// What seals the factor of somebody of the staff, and its version.
    case member(log: String, member: UUID, version: Int32)
    /// What seals the texts of what staff does.
    case record(log: String)

    func associatedData(keyVersion: Int32) -> [UInt8] {
        var data: AssociatedData
        switch self {
        case .subject(let log, let tenant, let subject, let key):
            data = AssociatedData("zentriq-wrapped-subject-key/v1", log: log)
            data.append(tenant)
            data.append(subject)
            data.append(key)
        case .lookup(let log):
            data = AssociatedData("zentriq-wrapped-lookup-key/v1", log: log)
        case .token(let place):
            data = place.associatedData("zentriq-wrapped-token-key/v1")
        case .member(let log, let member, let version):
            data = AssociatedData("zentriq-wrapped-staff-key/v1", log: log)
            data.append(member)
            data.append(version)
        case .record(let log):
            data = AssociatedData("zentriq-wrapped-record-key/v1", log: log)
        }
        data.append(keyVersion)
        return data.bytes
    }
}
