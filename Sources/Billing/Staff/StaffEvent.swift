import CanonicalJSON
package import EventStore
package import Foundation

/// What is recorded of the staff: who may reach the database at all, and each access, in a stream of its own. Nobody is
/// named: people are known by the number of their seat and a random identifier.
package enum StaffEvent: Sendable, Hashable {
    case enrolled(StaffMember)
    /// The seat has a new factor, and maybe somebody else in it.
    case replaced(StaffMember)
    case removed(seat: Int, member: UUID)
    /// Too many codes in a row were wrong.
    case locked(seat: Int, member: UUID)
    /// A role of the database that no grant explained was removed.
    case roleRemoved(role: String)

    case requested(AccessRequest)
    case granted(AccessGrant)
    case denied
    /// Somebody is about to log in with it.
    case opened(role: String)
    /// To be ended before its time.
    case revoked
    /// Nobody can log in with it any more, nobody is, and its role is gone.
    case ended(role: String, EndReason)
    /// The other person has looked at what was done alone.
    case reviewed(finding: String)

    package enum EndReason: String, Sendable, CaseIterable {
        case expired, revoked
        /// What staff does could not be recorded any more.
        case unrecorded
    }

    package var newEvent: NewEvent { NewEvent(type, data: JSONValue.object(object).canonicalBytes()) }

    private var object: JSONObject {
        switch self {
        case .enrolled(let member), .replaced(let member): member.object
        case .removed(let seat, let member), .locked(let seat, let member):
            ["member": .string(member.lowercaseText), "seat": .integer(Int64(seat))]
        case .roleRemoved(let role), .opened(let role): ["role": .string(role)]
        case .requested(let request): request.object
        case .granted(let grant): grant.object
        case .denied, .revoked: [:]
        case .ended(let role, let reason): ["reason": .string(reason.rawValue), "role": .string(role)]
        case .reviewed(let finding): ["finding": .string(finding)]
        }
    }

    private var type: EventType {
        switch self {
        case .enrolled: EventCatalog.staffEnrolled
        case .replaced: EventCatalog.staffReplaced
        case .removed: EventCatalog.staffRemoved
        case .locked: EventCatalog.staffLocked
        case .roleRemoved: EventCatalog.staffRoleRemoved
        case .requested: EventCatalog.accessRequested
        case .granted: EventCatalog.accessGranted
        case .denied: EventCatalog.accessDenied
        case .opened: EventCatalog.accessOpened
        case .revoked: EventCatalog.accessRevoked
        case .ended: EventCatalog.accessEnded
        case .reviewed: EventCatalog.accessReviewed
        }
    }

    /// Nil if the type is none of these.
    init?(_ type: EventType, _ payload: PayloadReader) throws(EventDecodingError) {
        switch type {
        case EventCatalog.staffEnrolled: self = .enrolled(try StaffMember(payload))
        case EventCatalog.staffReplaced: self = .replaced(try StaffMember(payload))
        case EventCatalog.staffRemoved:
            self = .removed(seat: try payload.seat(), member: try payload.uuid("member"))
        case EventCatalog.staffLocked:
            self = .locked(seat: try payload.seat(), member: try payload.uuid("member"))
        case EventCatalog.staffRoleRemoved: self = .roleRemoved(role: try payload.string("role"))
        case EventCatalog.accessRequested: self = .requested(try AccessRequest(payload))
        case EventCatalog.accessGranted: self = .granted(try AccessGrant(payload))
        case EventCatalog.accessDenied: self = .denied
        case EventCatalog.accessOpened: self = .opened(role: try payload.string("role"))
        case EventCatalog.accessRevoked: self = .revoked
        case EventCatalog.accessEnded:
            self = .ended(role: try payload.string("role"), try payload.value("reason", as: EndReason.self))
        case EventCatalog.accessReviewed: self = .reviewed(finding: try payload.string("finding"))
        default: return nil
        }
    }
}

/// One of the two people, as the log knows them.
package struct StaffMember: Sendable, Hashable {
    package enum Algorithm: String, Sendable, CaseIterable {
        case sha1 = "SHA1"
        case sha256 = "SHA256"
    }

    /// 1 or 2.
    package let seat: Int
    /// Random, and the same as long as the same person sits there.
    package let id: UUID
    /// Of the factor: 1, 2, 3…
    package let version: Int32
    package let algorithm: Algorithm

    package init(seat: Int, id: UUID, version: Int32, algorithm: Algorithm) {
        self.seat = seat
        self.id = id
        self.version = version
        self.algorithm = algorithm
    }

    fileprivate var object: JSONObject {
        [
            "algorithm": .string(algorithm.rawValue), "member": .string(id.lowercaseText),
            "seat": .integer(Int64(seat)), "version": .integer(Int64(version)),
        ]
    }

    fileprivate init(_ payload: PayloadReader) throws(EventDecodingError) {
        self.init(
            seat: try payload.seat(), id: try payload.uuid("member"),
            version: Int32(clamping: try payload.integer("version")),
            algorithm: try payload.value("algorithm", as: Algorithm.self))
    }
}

extension PayloadReader {
    fileprivate func seat() throws(EventDecodingError) -> Int { Int(clamping: try integer("seat")) }
}
