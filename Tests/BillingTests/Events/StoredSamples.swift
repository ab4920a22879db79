import Billing
import CreditDomain
import EventStore
import Foundation
import Retention
import TransparencyLog

/// What the files in `Samples` hold, and what each of them means for ever.
///
/// A released file is never changed. A new type or schema version comes with a new file and a new line here.
enum StoredSamples {
    static let meanings: [String: DomainEvent] = [
        "credit.granted.v1": .credit(
            .granted(
                Granted(
                    number: GrantNumber(1), source: .purchase, reference: "order-1001 ü",
                    units: Credits(9_007_199_254_740_993), priority: 100,
                    effectiveAt: Timestamp(microseconds: 1_767_323_045_678_901),
                    expiresAt: Timestamp(microseconds: 1_798_859_045_000_000)))),
        "credit.held.v1": .credit(
            .held(
                HoldPlaced(
                    hold: hold, units: Credits(5),
                    allocations: [
                        Allocation(grant: GrantNumber(2), units: Credits(3)),
                        Allocation(grant: GrantNumber(1), units: Credits(2)),
                    ], expiresAt: Timestamp(microseconds: 1_767_323_645_000_001)))),
        "credit.hold_voided.v1": .credit(.holdVoided(hold)),
        "credit.hold_expired.v1": .credit(.holdExpired(hold)),
        "credit.debited.v1": .credit(
            .debited(Debited(debit: debit, units: Credits(1), allocations: one, hold: hold))),
        "credit.refunded.v1": .credit(.refunded(Refunded(debit: debit, units: Credits(1), allocations: one))),
        "credit.grant_expired.v1": .credit(.grantExpired(GrantNumber(4_294_967_295), Credits(7))),
        "credit.checked.v1": .credit(
            .checked(
                Checked(
                    units: Credits(2), allowed: false, available: Credits(1), held: Credits(4),
                    reason: .insufficientCredits))),
        "capture.recorded.v1": .capture(
            CaptureRecord(
                id: UUID(uuidString: debit.rawValue) ?? UUID(), product: .punchout, vendorHost: "www.example.com",
                lineCount: 12, capturedAt: Timestamp(microseconds: 1_767_323_045_678_901), outcome: .success)),
        "tenant.registered.v1": .tenantRegistered,
        "subject.registered.v1": .subjectRegistered,
        "audit.read.v1": .auditRead(
            AuditRead(
                route: .events, kind: .export,
                filters: [
                    "from": "2026-01-02T03:04:05.678901Z", "stream": "account-punchout", "type": "credit.debited",
                ],
                positions: LogPosition(7)..<LogPosition(9_007_199_254_740_993))),
        "credit.carried.v1": .carried(
            CarriedBalance(version: StreamVersion(3), through: LogPosition(7), state: AccountState())),
        "retention.policy_adopted.v1": .policyAdopted(
            RetentionPolicy(
                version: 1,
                rules: [
                    RetentionRule(
                        retention: .usage, trigger: .recorded, action: .erase, maximum: RetentionPeriod(90, .days),
                        legalBasis: "Art. 6(1)(f) GDPR")
                ])),
        "retention.hold_placed.v1": retention(
            try LegalHold(
                id: UUID(uuidString: "00000000-0000-4000-8000-000000000001") ?? UUID(), scope: scope,
                reason: "case 4711", placedBy: "legal office", until: nil)
        ) { .holdPlaced($0) },
        "retention.hold_released.v1": retention(
            try HoldRelease(
                hold: UUID(uuidString: "00000000-0000-4000-8000-000000000001") ?? UUID(), reason: "case closed",
                releasedBy: "legal office")
        ) { .holdReleased($0) },
        "erasure.begun.v1": .erasure(
            .begun(
                ErasureBegun(
                    request: UUID(uuidString: "00000000-0000-4000-8000-000000000001") ?? UUID(),
                    tenant: TenantID(UUID(uuidString: "00000000-0000-4000-8000-000000000002") ?? UUID()),
                    subject: ActorHandle(UUID(uuidString: "00000000-0000-4000-8000-000000000003") ?? UUID()),
                    stores: ["chats"], due: EventTime(microseconds: 1_769_915_045_678_901)))),
        "erasure.reached.v1": .erasure(.reached(.capturesDeleted)),
        "erasure.store_answered.v1": .erasure(
            .storeAnswered(store: "chats", receipt: [UInt8](repeating: 0, count: 32))),
        "kek.activated.v1": .keyEncryption(
            .activated(version: 2, provider: "folder", fingerprint: "7b8b77cb3cb5bdbe")),
        "kek.rewrapped.v1": .keyEncryption(.rewrapped(version: 2, count: 9_007_199_254_740_993)),
        "kek.retired.v1": .keyEncryption(.retired(version: 1)),
        "log.padded.v1": .padded,
        "log.restored.v1": retention(
            LogRestored(
                from: LogPosition(2), lost: try SignedCheckpoint(parsing: Array(lostCheckpoint.utf8)),
                signer: try NoteVerifier(parsing: lostSigner)), DomainEvent.restored),
        "usage.counted.v1": .usageCounted(
            UsageCounts(
                day: CivilDay(number: 20_455),
                cells: [
                    UsageCounts.Cell(vendorHost: "www.example.com", outcome: .success, captures: 12),
                    UsageCounts.Cell(vendorHost: nil, outcome: .failure, captures: 7),
                ], positions: LogPosition(7)..<LogPosition(9_007_199_254_740_993))),
        "retention.swept.v1": .swept(
            ErasureCertificate(
                .policy(LogPosition(2), cutoff: EventTime(microseconds: 1_767_225_600_000_000)), retention: .usage,
                positions: PositionSet(first: 7, bits: [0x80]), count: 1, root: zero)),
        "privacy.requested.v1": .privacy(
            .requested(
                PrivacyRequest(
                    id: request, kind: .access, channel: .email,
                    receivedAt: EventTime(microseconds: 1_769_828_645_678_901),
                    due: EventTime(microseconds: 1_772_247_845_678_901)))),
        "privacy.fulfilled.v1": .privacy(.fulfilled(request)),
        "privacy.refused.v1": .privacy(.refused(request, .legalObligation)),
        "privacy.restricted.v1": .privacy(.restricted(.restriction)),
        "privacy.restriction_lifted.v1": .privacy(.restrictionLifted(.objection)),
        "token.stored.v1": .token(
            .stored(
                token(1), envelope: [UInt8](repeating: 0, count: 32),
                scopes: ["https://erp.example.com/x", "offline_access"], agent: agent)),
        "token.leased.v1": .token(
            .leased(token(1), .answerQuestion, scopes: ["https://erp.example.com/x"], seconds: 300, agent: agent)),
        "token.refused.v1": .token(
            .refused(TokenRefusal(product: .agent, purpose: .report, reason: .unusualRate, agent: agent))),
        "token.rotated.v1": .token(.rotated(token(2), envelope: [UInt8](repeating: 0, count: 32))),
        "token.consent_required.v1": .token(.consentRequired(token(2))),
        "token.disconnected.v1": .token(.disconnected(token(2), .person)),
        "token.expired.v1": .token(
            .expired(token(2), lastUsed: EventTime(microseconds: 1_769_828_645_678_901))),
        "staff.enrolled.v1": .staff(
            .enrolled(StaffMember(seat: 1, id: request, version: 1, algorithm: .sha1))),
        "staff.replaced.v1": .staff(
            .replaced(StaffMember(seat: 2, id: request, version: 3, algorithm: .sha256))),
        "staff.removed.v1": .staff(.removed(seat: 2, member: request)),
        "staff.locked.v1": .staff(.locked(seat: 1, member: request)),
        "staff.role_removed.v1": .staff(.roleRemoved(role: staffRole)),
        "access.requested.v1": access(.tables(["events", "streams"]), isBreakGlass: false) { .requested($0) },
        "access.granted.v1": access(
            .tenant(TenantID(UUID(uuidString: "11111111-1111-4111-8111-111111111111") ?? UUID())), isBreakGlass: true
        ) {
            .granted(
                AccessGrant(
                    $0, requestedBy: request, expiresAt: EventTime(microseconds: 1_767_323_945_678_901),
                    role: staffRole))
        },
        "access.denied.v1": .staff(.denied),
        "access.opened.v1": .staff(.opened(role: staffRole)),
        "access.revoked.v1": .staff(.revoked),
        "access.ended.v1": .staff(.ended(role: staffRole, .expired)),
        "access.reviewed.v1": .staff(.reviewed(finding: "nothing but what was asked for")),
        "staff.session.opened.v1": .witnessed(
            .opened(
                StaffSession(
                    session: "6b01fef2.166b", role: staffRole, access: request, process: 5_739, at: staffTime, line: 3,
                    sealed: [1, 2, 3]))),
        "staff.session.closed.v1": .witnessed(
            .closed(
                StaffSessionEnd(
                    session: "6b01fef2.166b", access: request, reason: .lost, statements: 2, at: staffTime))),
        "staff.statement.v1": .witnessed(
            .statement(
                StaffStatement(
                    session: "6b01fef2.166b", access: request, line: 5, at: staffTime, kind: .audit, number: 1, part: 2,
                    action: "READ", command: "SELECT", objectType: "TABLE", objects: ["zentriq.heads"],
                    microseconds: 1_250, sealed: [1, 2, 3]))),
        "staff.alert.v1": .witnessed(
            .alert(
                StaffAlert(
                    .lineGap, "line 7 follows 4", at: staffTime, session: "6b01fef2.166b", access: request))),
    ]

    private static let agent = UUID(uuidString: "b0000000-0000-4000-8000-000000000001") ?? UUID()

    private static func token(_ generation: Int64) -> TokenReference {
        TokenReference(
            product: .agent, record: UUID(uuidString: "11111111-2222-4333-8444-555555555555") ?? UUID(),
            generation: generation)
    }

    private static var scope: LegalHold.Scope {
        var scope = LegalHold.Scope()
        scope.retention = .usage
        scope.from = EventTime(microseconds: 1_767_225_600_000_000)
        scope.tenant = UUID(uuidString: "00000000-0000-4000-8000-000000000002").map(TenantID.init)
        return scope
    }

    private static let zero = TreeHash([UInt8](repeating: 0, count: 32)) ?? MerkleTree.emptyRoot

    private static func retention<Value>(
        _ value: @autoclosure () throws -> Value, _ event: (Value) -> DomainEvent
    ) -> DomainEvent {
        do { return event(try value()) } catch { preconditionFailure("\(error)") }
    }

    private static let lostSigner = "log.example.com/main+544ebfed+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
    private static let lostCheckpoint = """
        log.example.com/main
        7
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

        — log.example.com/main \
        VE6/7d8ajGymv4IfLXCVGZNmW1Em59IcmFahw+SY8EswF5/ZWYtsHAHdrUuM62d75nwzMzcMdapJBNHKrGpUz0O+JgE=

        """
    private static let staffTime = EventTime(microseconds: 1_767_323_945_678_901)
    private static let staffRole = "staff_0000400a0123456789abcdef"

    private static func access(
        _ scope: AccessScope, isBreakGlass: Bool, _ event: (AccessRequest) -> StaffEvent
    ) -> DomainEvent {
        do {
            return .staff(
                event(
                    try AccessRequest(
                        scope: scope, reason: "a statement does not add up", ticket: "CASE-7",
                        minutes: isBreakGlass ? 15 : 30, isBreakGlass: isBreakGlass)))
        } catch { preconditionFailure("\(error)") }
    }

    static let names = meanings.keys.sorted()

    private static let request = UUID(uuidString: debit.rawValue) ?? UUID()
    private static let hold = HoldID("5d3cbd36-6f45-4b52-8a3e-0f5f4f6c2a11")
    private static let debit = DebitID("0b9d5a3e-6f0c-4d0e-9f7b-4c1d2e3f4a5b")
    private static let one = [Allocation(grant: GrantNumber(1), units: Credits(1))]

    /// The names of the files, without their ending.
    static func fileNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { !$0.hasPrefix(".") }.map { $0.replacing(".json", with: "") }.sorted()
    }

    /// The stored payload: the file without the line feed at its end.
    static func payload(_ name: String) throws -> [UInt8] {
        let bytes = try Data(contentsOf: folder.appending(path: "\(name).json"))
        return Array(bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes)
    }

    /// Such as `credit.debited` and 1 of `credit.debited.v1`.
    static func parts(_ name: String) -> (type: String, version: Int16)? {
        guard let dot = name.range(of: ".v", options: .backwards), let version = Int16(name[dot.upperBound...]) else {
            return nil
        }
        return (String(name[..<dot.lowerBound]), version)
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Samples")
}
