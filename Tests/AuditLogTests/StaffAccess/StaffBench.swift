import Billing
import BillingTesting
import EventStore
import Foundation
import Logging
import Postgres
import PostgresTesting
import Retention
import Sealing
import Testing

@testable import AuditLog

/// A log with a roster of two, each with an authenticator, and what grants and ends their accesses.
struct StaffBench: Sendable {
    let bench: Bench
    let pool: PostgresPool
    let database: StaffDatabase
    let ledger: StaffLedger
    let desk: AccessDesk
    let ender: AccessEnder

    /// - Parameters:
    ///   - enrolled: whether both seats are taken.
    ///   - isRecorded: whether the database takes it that there is a recorder at work.
    static func with<Value: Sendable>(
        enrolled: Bool = true, isRecorded: Bool = true, logger: Logger? = nil,
        _ body: @Sendable (StaffBench, [Authenticator]) async throws -> Value
    ) async throws -> Value {
        try await Bench.with { bench in
            let staff = try StaffBench(bench, logger: logger ?? bench.logger)
            if isRecorded { try await bench.pretendRecorder() }
            let result: Result<Value, any Error>
            do {
                result = .success(try await body(staff, enrolled ? try await staff.enrolled() : []))
            } catch {
                result = .failure(error)
            }
            // Roles are of the whole server: what a test leaves would stay.
            for role in try await staff.database.roles() { _ = try await staff.ender.remove(roleNamed: role.name) }
            await staff.pool.close()
            return try result.get()
        }
    }

    /// On a server that goes with the test.
    static func on(
        _ cluster: PrivateCluster, _ body: @Sendable (StaffBench, [Authenticator]) async throws -> Void
    ) async throws {
        try await Bench.on(cluster.database) { bench in
            let staff = try StaffBench(bench, logger: bench.logger)
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(staff, staff.enrolled()))
            } catch {
                result = .failure(error)
            }
            await staff.pool.close()
            try result.get()
        }
    }

    private func enrolled() async throws -> [Authenticator] {
        try await desk.roster.enrol(["Ada", "Grace"], algorithm: .sha1, codes: []).map(Authenticator.init)
    }

    init(_ bench: Bench, logger: Logger, keys: KeyEncryptionKeys? = nil) throws {
        self.bench = bench
        pool = PostgresPool(configuration: try bench.database.configuration(role: .access), size: 4)
        database = StaffDatabase(log: Bench.log, pool: pool)
        ledger = StaffLedger(writer: bench.writer, reader: bench.reader)
        desk = AccessDesk(
            database: database, ledger: ledger, keys: try keys ?? Bench.keys, clock: bench.clock.wallClock)
        ender = Self.ender(bench, database, ledger, logger)
    }

    /// A further one, such as the service after a restart has.
    func freshEnder() -> AccessEnder { Self.ender(bench, database, ledger, bench.logger) }

    private static func ender(
        _ bench: Bench, _ database: StaffDatabase, _ ledger: StaffLedger, _ logger: Logger
    ) -> AccessEnder {
        AccessEnder(
            database: database, ledger: ledger, reader: bench.auditorReader, clock: bench.clock.wallClock,
            logger: logger)
    }

    /// A code that was never used: the clock moves on to the next step for it.
    func code(_ authenticator: Authenticator) -> String {
        bench.clock.advance(seconds: OneTimePassword.stepSeconds)
        return authenticator.code(at: bench.clock.now)
    }

    static func request(
        _ scope: AccessScope = .readOnly, minutes: Int = 30, isBreakGlass: Bool = false
    ) throws -> AccessRequest {
        try AccessRequest(
            scope: scope, reason: "the statement of March does not add up", ticket: "CASE-7", minutes: minutes,
            isBreakGlass: isBreakGlass)
    }

    /// Asked for by seat 1, approved by seat 2.
    func granted(
        _ people: [Authenticator], _ scope: AccessScope = .readOnly, minutes: Int = 30
    ) async throws -> UUID {
        let id = try await desk.request(Self.request(scope, minutes: minutes), by: 1, code: code(people[0]))
        try await desk.approve(id, by: 2, code: code(people[1]))
        return id
    }

    func opened(_ id: UUID, _ people: [Authenticator]) async throws -> AccessDesk.Credentials {
        try await desk.open(id, by: 1, code: code(people[0]))
    }

    /// Logs in as somebody of the staff would.
    func logIn(_ credentials: AccessDesk.Credentials) async throws -> PostgresConnection {
        var configuration = try bench.database.configuration(role: .gateway)
        configuration.user = credentials.role
        configuration.password = credentials.password.reveal()
        return try await PostgresConnection.connect(configuration)
    }

    func row(_ id: UUID) async throws -> AccessRow? {
        try await database.accesses(all: true).first { $0.id == id }
    }

    func events(_ id: UUID) async throws -> [String] {
        try await bench.reader.stream(StreamKey(.system, Streams.staffAccess(id))).map(\.type)
    }

    func rosterEvents() async throws -> [String] {
        try await bench.reader.stream(StreamKey(.system, Streams.staffRoster)).map(\.type)
    }
}

/// What somebody has on their phone: made from the address they scanned, and from nothing else.
struct Authenticator: Sendable {
    let member: StaffMember
    let recoveryCodes: [String]
    private let password: OneTimePassword

    init(_ enrolment: StaffRoster.Enrolment) {
        member = enrolment.member
        recoveryCodes = enrolment.recoveryCodes.map { $0.reveal() }
        let secret =
            URLComponents(string: enrolment.address.reveal())?.queryItems?.first { $0.name == "secret" }?.value ?? ""
        password = OneTimePassword(algorithm: enrolment.member.algorithm, secret: Self.decode(secret))
    }

    func code(at time: EventTime) -> String { password.code(at: OneTimePassword.step(at: time)) }

    private static func decode(_ text: String) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let bits = text.flatMap { letter -> [Bool] in
            let value = alphabet.firstIndex(of: letter) ?? 0
            return (0..<5).map { value >> (4 - $0) & 1 == 1 }
        }
        return stride(from: 0, to: bits.count - 7, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }
}

/// Runs `body`, which must be refused with this.
func expectStaffRefusal(
    _ expected: StaffError? = nil, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("nothing was refused", sourceLocation: sourceLocation)
    } catch let error as StaffError {
        if let expected { #expect(error == expected, sourceLocation: sourceLocation) }
    } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
    }
}
