import Billing
package import EventStore
package import Foundation
package import Postgres
import Sealing

/// What the database keeps of the staff, and its roles of staff: with the role `zentriq_access`, which can call these
/// functions
/// and nothing else.
package struct StaffDatabase: Sendable {
    let log: LogID
    let pool: PostgresPool

    package init(log: LogID, pool: PostgresPool) {
        self.log = log
        self.pool = pool
    }

    // MARK: Who sits where

    struct Seat: Sendable {
        let member: StaffMember
        let wrapped: WrappedKey
        let name: [UInt8]
        let lockedUntil: EventTime?
        let recoveryCodes: Int64
    }

    func roster() async throws -> [Seat] {
        try await pool.query(Self.selectRoster).map { row in
            Seat(
                member: try Self.member(seat: Int(row.int16(0)), row, from: 1),
                wrapped: WrappedKey(version: try row.int32(4), bytes: try row.bytes(5)), name: try row.bytes(6),
                lockedUntil: try row.optionalTimestamp(7).map(EventTime.init(microseconds:)),
                recoveryCodes: try row.int64(8))
        }
    }

    /// Somebody about to prove who they are; counted as failed until they have.
    struct Attempt: Sendable {
        let member: StaffMember
        /// Nil while the seat is locked.
        let secret: (wrapped: WrappedKey, sealed: [UInt8])?
        /// Whether the seat is locked now, or would be if this fails.
        let isLocking: Bool
        let lockedSeconds: Int
    }

    /// Nil if nobody sits there.
    func beginAttempt(_ seat: Int) async throws -> Attempt? {
        guard let row = try await pool.query(Self.beginAttempt, [.int2(Int16(clamping: seat))]).first else {
            return nil
        }
        let wrapped = try row.optionalBytes(4).map { WrappedKey(version: try row.int32(3), bytes: $0) }
        return Attempt(
            member: try Self.member(seat: seat, row, from: 0),
            secret: try wrapped.map { ($0, try row.bytes(5)) }, isLocking: try row.bool(6),
            lockedSeconds: Int(try row.optionalInt32(7) ?? 0))
    }

    private static func member(seat: Int, _ row: Row, from column: Int) throws -> StaffMember {
        guard let algorithm = StaffMember.Algorithm(rawValue: try row.string(column + 2)) else {
            throw LogError.corrupt("a member's factor has an unknown algorithm")
        }
        return StaffMember(
            seat: seat, id: try row.uuid(column), version: try row.int32(column + 1), algorithm: algorithm)
    }

    /// False if this code, or a newer one, was used before.
    func use(step: Int64, of member: StaffMember) async throws -> Bool {
        try await pool.query(Self.useCode, [.uuid(member.id), .int4(member.version), .int8(step)]).only().bool(0)
    }

    func use(_ code: RecoveryCode, of member: StaffMember) async throws -> Bool {
        try await pool.query(Self.useRecoveryCode, [.uuid(member.id), .bytea(code.hash(of: member.id))]).only().bool(0)
    }

    /// All or none of them, each as the event at its position says.
    func seat(
        _ newcomers: [(position: LogPosition, wrapped: WrappedKey, secret: [UInt8], name: [UInt8], codes: [[UInt8]])]
    )
        async throws
    {
        try await pool.pipeline(
            newcomers.map { new in
                (
                    Self.seatMember,
                    [
                        .int4(log.rawValue), .int8(new.position.rawValue), .int4(new.wrapped.version),
                        .bytea(new.wrapped.bytes), .bytea(new.secret), .bytea(new.name), .byteaArray(new.codes),
                    ]
                )
            })
    }

    func unseat(_ position: LogPosition) async throws {
        try await pool.query(Self.unseatMember, [.int4(log.rawValue), .int8(position.rawValue)])
    }

    // MARK: Accesses

    /// Takes an event of an access in, which must be in the log. Nothing happens the second time.
    package func note(_ position: LogPosition) async throws {
        try await pool.query(Self.noteAccess, [.int4(log.rawValue), .int8(position.rawValue)])
    }

    /// - Parameter all: also those of which nothing is to come.
    package func accesses(all: Bool) async throws -> [AccessRow] {
        try await pool.query(Self.listAccesses, [.int4(log.rawValue), .bool(all)]).map(AccessRow.init)
    }

    /// Those of these names that staff can't be given.
    package func unknown(_ tables: [String]) async throws -> [String] {
        try await pool.query(Self.unknownRelations, [.textArray(tables)]).map { try $0.string(0) }
    }

    // MARK: Roles

    /// A new name for a role of this database.
    func newRoleName() async throws -> String {
        let prefix = try await pool.query(Self.rolePrefix).only().string(0)
        return prefix + Hex.encode(RandomBytes.system.make(8))
    }

    /// Makes the role of an access, or gives it a new password. The database refuses unless the access was granted, in
    /// the log,
    /// and is not over.
    package func openRole(of access: UUID, with verifier: PasswordVerifier) async throws -> String {
        try await pool.query(Self.openRole, [.uuid(access), .text(verifier.text)]).only().string(0)
    }

    /// Lets staff connect while what it does is recorded, and nobody of it otherwise.
    ///
    /// - Returns: which of them.
    func admit() async throws -> Bool {
        try await pool.query(Self.admitStaff, [.int4(log.rawValue)]).only().bool(0)
    }

    package func roles() async throws -> [(name: String, isExplained: Bool)] {
        try await pool.query(Self.listRoles).map { (try $0.string(0), try $0.bool(1)) }
    }

    /// One step of the end of a role, committed when this returns. Can be done again.
    ///
    /// - Returns: false if it has to be.
    package func carryOut(_ step: RoleEnd, of role: String) async throws -> Bool {
        let row = try await pool.query(step.statement, [.text(role)]).only()
        return switch step {
        case .close, .revoke, .drop: true
        case .terminate: try row.int64(0) == 0
        case .verify: try row.bool(0)
        }
    }
}

/// How a role ends, in this order, so that nothing is left open in between wherever it stops.
package enum RoleEnd: String, Sendable, CaseIterable {
    /// Nobody logs in any more.
    case close
    /// Nobody is logged in any more.
    case terminate
    case revoke
    case drop
    case verify

    fileprivate var statement: Statement {
        switch self {
        case .close: "SELECT zentriq_access.close_role($1)"
        case .terminate: "SELECT zentriq_access.terminate_role($1)"
        case .revoke: "SELECT zentriq_access.revoke_role($1)"
        case .drop: "SELECT zentriq_access.drop_role($1)"
        case .verify: "SELECT zentriq_access.is_role_gone($1)"
        }
    }
}

extension StaffDatabase {
    private static let selectRoster = Statement(
        """
        SELECT seat, member, version, algorithm, kek_version, wrapped, name, locked_until, recovery_codes
        FROM zentriq.staff_roster()
        """)
    private static let beginAttempt = Statement(
        """
        SELECT member, version, algorithm, kek_version, wrapped, secret, locks, locked_seconds
        FROM zentriq.begin_staff_attempt($1)
        """)
    private static let useCode = Statement("SELECT zentriq.use_staff_code($1, $2, $3)")
    private static let useRecoveryCode = Statement("SELECT zentriq.use_staff_recovery_code($1, $2)")
    private static let seatMember = Statement("SELECT zentriq.seat_staff_member($1, $2, $3, $4, $5, $6, $7)")
    private static let unseatMember = Statement("SELECT zentriq.unseat_staff_member($1, $2)")
    private static let noteAccess = Statement("SELECT zentriq.note_access($1, $2)")
    private static let listAccesses = Statement(
        "SELECT \(AccessRow.columns) FROM zentriq.list_staff_accesses($1, $2)")
    private static let unknownRelations = Statement("SELECT zentriq.unknown_staff_relations($1)")
    private static let rolePrefix = Statement("SELECT zentriq_access.role_prefix()")
    private static let openRole = Statement("SELECT zentriq_access.open_role($1, $2)")
    private static let admitStaff = Statement("SELECT zentriq.admit_staff($1)")
    private static let listRoles = Statement("SELECT role_name, is_explained FROM zentriq_access.roles()")
}
