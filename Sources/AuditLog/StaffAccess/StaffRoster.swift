package import Billing
package import EventStore
import Foundation
import Sealing

/// Who of the staff may reach the database: two people, and no third. Each change takes a proof of everybody who is
/// there; with one left, two proofs of that one, of which the second is a recovery code.
package struct StaffRoster: Sendable {
    package struct Entry: Sendable {
        package let member: StaffMember
        package let name: String
        package let lockedUntil: EventTime?
        /// That were not used yet.
        package let recoveryCodes: Int64
    }

    /// What somebody new is given, once: it is kept nowhere else.
    package struct Enrolment: Sendable {
        package let member: StaffMember
        package let name: String
        /// `otpauth://…`, with the secret in it.
        package let address: SecretText
        package let recoveryCodes: [SecretText]
    }

    package static let maximumNameBytes = 100

    let check: FactorCheck
    private var database: StaffDatabase { check.database }
    private var ledger: StaffLedger { check.ledger }

    init(check: FactorCheck) {
        self.check = check
    }

    package func entries() async throws -> [Entry] { try await check.keys.reading(openedEntries) }

    private func openedEntries() async throws -> [Entry] {
        var entries: [Entry] = []
        for seat in try await database.roster() {
            let key = try await MemberKey(
                unwrapping: seat.wrapped, with: check.keys, log: ledger.reader.origin, member: seat.member.id,
                version: seat.member.version)
            entries.append(
                Entry(
                    member: seat.member, name: String(decoding: try key.open(seat.name, as: .name), as: UTF8.self),
                    lockedUntil: seat.lockedUntil, recoveryCodes: seat.recoveryCodes))
        }
        return entries
    }

    /// The proofs that a change takes: of which seat, and which.
    package func wanted() async throws -> [(seat: Int, proof: FactorCheck.Proof)] {
        let seats = try await database.roster().map(\.member.seat)
        guard seats.count == 1, let seat = seats.first else { return seats.map { ($0, .codeOrRecovery) } }
        return [(seat, .code), (seat, .recovery)]
    }

    /// Fills the seats that are free: both with an empty roster, which takes the service's keys and nothing else.
    ///
    /// - Parameters:
    ///   - names: as many as there are free seats.
    ///   - codes: for ``wanted()``, in that order.
    package func enrol(
        _ names: [String], algorithm: StaffMember.Algorithm, codes: [String]
    ) async throws -> [Enrolment] {
        let taken = try await database.roster().map(\.member.seat)
        let free = [1, 2].filter { !taken.contains($0) }
        guard !free.isEmpty else { throw StaffError.refused("both seats are taken; remove or replace somebody first") }
        guard names.count == free.count else {
            throw StaffError.refused("\(free.count) seats are free: give as many names")
        }
        let version = try await ledger.rosterVersion()
        let actor = try await prove(codes)
        let members = free.map { StaffMember(seat: $0, id: UUID(), version: 1, algorithm: algorithm) }
        return try await seat(zip(members, names).map { ($0, $1) }, after: version, by: actor) { .enrolled($0) }
    }

    /// A new factor for a seat, and with a name, somebody else in it.
    package func replace(
        _ seat: Int, name: String?, algorithm: StaffMember.Algorithm, codes: [String]
    ) async throws -> Enrolment {
        guard let entry = try await entries().first(where: { $0.member.seat == seat }) else {
            throw StaffError.emptySeat(seat)
        }
        let version = try await ledger.rosterVersion()
        let actor = try await prove(codes)
        let member = StaffMember(
            seat: seat, id: name == nil ? entry.member.id : UUID(),
            version: name == nil ? entry.member.version + 1 : 1, algorithm: algorithm)
        let enrolments = try await self.seat([(member, name ?? entry.name)], after: version, by: actor) {
            .replaced($0)
        }
        guard let enrolment = enrolments.first else { throw StaffError.overtaken }
        return enrolment
    }

    package func remove(_ seat: Int, codes: [String]) async throws {
        guard let member = try await database.roster().first(where: { $0.member.seat == seat })?.member else {
            throw StaffError.emptySeat(seat)
        }
        let version = try await ledger.rosterVersion()
        let actor = try await prove(codes)
        let position = try await ledger.append(
            [.removed(seat: seat, member: member.id)], to: Streams.staffRoster, after: version, by: actor)
        try await database.unseat(position)
    }

    /// - Returns: who vouches for the change; nil where nobody is there who could.
    private func prove(_ codes: [String]) async throws -> UUID? {
        let wanted = try await wanted()
        guard codes.count == wanted.count else { throw StaffError.refused("\(wanted.count) codes are wanted") }
        var first: UUID?
        for (proof, code) in zip(wanted, codes) {
            let member = try await check.prove(proof.seat, with: code, as: proof.proof)
            first = first ?? member.id
        }
        return first
    }

    /// The log says so first; then they sit there; then they are told their secrets.
    private func seat(
        _ newcomers: [(member: StaffMember, name: String)], after version: StreamVersion, by actor: UUID?,
        _ event: (StaffMember) -> StaffEvent
    ) async throws -> [Enrolment] {
        guard
            newcomers.allSatisfy({ AccessRequest.isLine($0.name) && $0.name.utf8.count <= Self.maximumNameBytes })
        else { throw StaffError.refused("a name must be one line of 1 to \(Self.maximumNameBytes) bytes") }
        let first = try await ledger.append(
            newcomers.map { event($0.member) }, to: Streams.staffRoster, after: version, by: actor)
        var rows: [(position: LogPosition, wrapped: WrappedKey, secret: [UInt8], name: [UInt8], codes: [[UInt8]])] = []
        var enrolments: [Enrolment] = []
        for (index, (member, name)) in newcomers.enumerated() {
            let password = OneTimePassword.random(member.algorithm)
            let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.random() }
            let (key, wrapped) = try await MemberKey.make(
                log: ledger.reader.origin, member: member.id, version: member.version, wrappedBy: check.keys)
            rows.append(
                (
                    LogPosition(first.rawValue + Int64(index)), wrapped, key.seal(password.bytes, as: .secret),
                    key.seal(Array(name.utf8), as: .name), codes.map { $0.hash(of: member.id) }
                ))
            enrolments.append(
                Enrolment(
                    member: member, name: name, address: SecretText(password.address(of: name)),
                    recoveryCodes: codes.map { SecretText($0.text) }))
        }
        try await ledger.reader.keyEpochs.wrapping(with: check.keys) {
            var seats = rows
            for (index, (member, _)) in newcomers.enumerated() {
                seats[index].wrapped = try await check.keys.rewrap(
                    rows[index].wrapped,
                    of: .member(log: ledger.reader.origin, member: member.id, version: member.version))
            }
            try await database.seat(seats)
        }
        return enrolments
    }
}
