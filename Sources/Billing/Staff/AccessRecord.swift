package import EventStore
package import Foundation

/// How an access stands: the fold of its stream.
package struct AccessRecord: Sendable {
    package enum State: Sendable, Hashable {
        case requested, denied
        case granted(AccessGrant)
        /// Granted, and to be ended at once.
        case revoked(AccessGrant)
        case ended(AccessGrant)
    }

    package let id: UUID
    package let request: AccessRequest
    package let requestedBy: UUID
    package let requestedAt: EventTime
    package private(set) var state = State.requested
    package private(set) var reviewedBy: UUID?
    package private(set) var version: StreamVersion
    /// Of its events, in their order.
    package private(set) var positions: [LogPosition]

    /// Nil if the events are not those of an access.
    init?(_ id: UUID, _ events: [(event: StaffEvent, recorded: RecordedEvent)]) {
        guard case (.requested(let request), let first)? = events.first, let actor = first.actor else { return nil }
        self.id = id
        self.request = request
        requestedBy = actor.rawValue
        requestedAt = first.recordedAt
        version = first.version
        positions = [first.position]
        for (event, recorded) in events.dropFirst() {
            evolve(event, by: recorded.actor?.rawValue)
            version = recorded.version
            positions.append(recorded.position)
        }
    }

    /// What comes of an approval by this member.
    package func approve(by member: UUID, role: String, now: EventTime) throws(StaffError) -> StaffEvent {
        try requireOpen(now: now)
        guard member != requestedBy else { throw .refused("nobody approves their own request") }
        return .granted(grant(role: role, now: now))
    }

    package func deny(now: EventTime) throws(StaffError) -> StaffEvent {
        try requireOpen(now: now)
        return .denied
    }

    package func revoke() throws(StaffError) -> StaffEvent {
        guard case .granted = state else { throw .refused("the access is not granted, or has ended") }
        return .revoked
    }

    /// That its role is about to be logged in with, by whoever asked for it.
    package func open(by member: UUID, now: EventTime) throws(StaffError) -> StaffEvent {
        guard case .granted(let grant) = state else { throw .refused("the access is not granted, or has ended") }
        guard member == requestedBy else { throw .refused("the access is somebody else's") }
        guard now < grant.expiresAt else { throw .refused("the access is over") }
        return .opened(role: grant.role)
    }

    package func review(by member: UUID, finding: String) throws(StaffError) -> StaffEvent {
        guard request.isBreakGlass else { throw .refused("it was approved before, so there is nothing to review") }
        guard case .ended = state else { throw .refused("it can be reviewed when it has ended") }
        guard member != requestedBy else { throw .refused("nobody reviews their own access") }
        guard reviewedBy == nil else { throw .refused("it was reviewed before") }
        guard AccessRequest.isLine(finding) else {
            throw .refused("the finding must be one line of 1 to \(AccessRequest.maximumTextBytes) bytes")
        }
        return .reviewed(finding: finding)
    }

    /// - Parameter isRecorded: whether what staff does is being recorded: otherwise everything ends.
    package func end(now: EventTime, isRecorded: Bool) -> StaffEvent? {
        switch state {
        case .revoked(let grant): .ended(role: grant.role, .revoked)
        case .granted(let grant) where grant.expiresAt <= now: .ended(role: grant.role, .expired)
        case .granted(let grant) where !isRecorded: .ended(role: grant.role, .unrecorded)
        default: nil
        }
    }

    private func requireOpen(now: EventTime) throws(StaffError) {
        guard state == .requested, !request.isBreakGlass else { throw .refused("that was decided already") }
        guard now < requestedAt.adding(seconds: AccessRequest.lifetimeSeconds) else {
            throw .refused("the request is too old; ask again")
        }
    }

    private func grant(role: String, now: EventTime) -> AccessGrant {
        AccessGrant(
            request, requestedBy: requestedBy, expiresAt: now.adding(seconds: Int64(request.minutes) * 60), role: role)
    }

    private mutating func evolve(_ event: StaffEvent, by actor: UUID?) {
        switch (event, state) {
        case (.granted(let grant), .requested): state = .granted(grant)
        case (.denied, .requested): state = .denied
        case (.revoked, .granted(let grant)): state = .revoked(grant)
        case (.ended, .granted(let grant)), (.ended, .revoked(let grant)): state = .ended(grant)
        case (.reviewed, _): reviewedBy = actor
        default: break
        }
    }
}
