package import Billing
package import EventStore
package import Foundation
package import Sealing

/// Where the staff asks for access to the database, and decides on it. Each step takes a code of whoever takes it;
/// each is an event before anything comes of it.
package struct AccessDesk: Sendable {
    /// What somebody logs in with, once told.
    package struct Credentials: Sendable {
        package let role: String
        package let password: SecretText
        package let expiresAt: EventTime
    }

    package let roster: StaffRoster
    package let database: StaffDatabase
    private let check: FactorCheck
    private let ledger: StaffLedger
    private let clock: WallClock

    package init(database: StaffDatabase, ledger: StaffLedger, keys: KeyEncryptionKeys, clock: WallClock) {
        check = FactorCheck(database: database, ledger: ledger, keys: keys, clock: clock)
        roster = StaffRoster(check: check)
        self.database = database
        self.ledger = ledger
        self.clock = clock
    }

    /// - Returns: the access's identifier. It has to be approved by the other person, unless it is break-glass, which
    ///   is granted
    ///   at once.
    package func request(_ request: AccessRequest, by seat: Int, code: String) async throws -> UUID {
        let unknown = try await database.unknown(request.scope.tables)
        guard unknown.isEmpty else {
            throw StaffError.refused("\(unknown.sorted().joined(separator: ", ")): no table that staff can be given")
        }
        let role = request.isBreakGlass ? try await database.newRoleName() : nil
        let member = try await check.prove(seat, with: code)
        if request.isBreakGlass { try await requireNoBreakGlass(of: member.id) }
        let id = UUID()
        var events = [StaffEvent.requested(request)]
        if let role {
            let end = clock.now().adding(seconds: Int64(request.minutes) * 60)
            events.append(.granted(AccessGrant(request, requestedBy: member.id, expiresAt: end, role: role)))
        }
        let first = try await ledger.append(
            events, to: Streams.staffAccess(id), after: StreamVersion.none, by: member.id)
        for index in events.indices { try await database.note(LogPosition(first.rawValue + Int64(index))) }
        return id
    }

    /// The database refuses it as well, when it takes the grant in.
    private func requireNoBreakGlass(of member: UUID) async throws {
        let open = try await database.accesses(all: false).first { $0.requestedBy == member && $0.wantsReview }
        guard let open else { return }
        throw StaffError.refused(
            "the break-glass \(open.id.lowercaseText) is open, or not reviewed: the other person reviews it first")
    }

    package func approve(_ id: UUID, by seat: Int, code: String) async throws {
        let role = try await database.newRoleName()
        try await decide(id, by: seat, code) { access, member throws(StaffError) in
            try access.approve(by: member, role: role, now: clock.now())
        }
    }

    package func deny(_ id: UUID, by seat: Int, code: String) async throws {
        try await decide(id, by: seat, code) { access, _ throws(StaffError) in try access.deny(now: clock.now()) }
    }

    /// Ends it before its time: the service does, within seconds.
    package func revoke(_ id: UUID, by seat: Int, code: String) async throws {
        try await decide(id, by: seat, code) { access, _ throws(StaffError) in try access.revoke() }
    }

    package func review(_ id: UUID, finding: String, by seat: Int, code: String) async throws {
        try await decide(id, by: seat, code) { access, member throws(StaffError) in
            try access.review(by: member, finding: finding)
        }
    }

    /// Makes the role of an access, or gives it a new password: each time somebody is about to log in.
    package func open(_ id: UUID, by seat: Int, code: String) async throws -> Credentials {
        let event = try await decide(id, by: seat, code) { access, member throws(StaffError) in
            try access.open(by: member, now: clock.now())
        }
        guard case .granted(let grant)? = try await ledger.access(id)?.state, case .opened = event else {
            throw StaffError.overtaken
        }
        let password = Hex.encode(RandomBytes.system.make(24))
        let role = try await database.openRole(of: id, with: PasswordVerifier(of: password))
        return Credentials(role: role, password: SecretText(password), expiresAt: grant.expiresAt)
    }

    @discardableResult
    private func decide(
        _ id: UUID, by seat: Int, _ code: String,
        _ decide: (AccessRecord, UUID) throws(StaffError) -> StaffEvent
    ) async throws -> StaffEvent {
        guard let access = try await ledger.access(id) else { throw StaffError.unknownAccess }
        let member = try await check.prove(seat, with: code)
        // What a crash left out between an event and the database's own account of it.
        for position in access.positions { try await database.note(position) }
        let event = try decide(access, member.id)
        let position = try await ledger.append(
            [event], to: Streams.staffAccess(id), after: access.version, by: member.id)
        try await database.note(position)
        return event
    }
}
