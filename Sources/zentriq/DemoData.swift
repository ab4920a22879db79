import AuditLog
import Billing
import CreditDomain
import EventStore
import Foundation
import Gateway
import Logging
import Synchronization

/// Three customers, grants from several sources, and some hundred captures over the last months, told to the log with
/// a clock of their own. Always the same, and safe to be interrupted: it goes on where the log ends.
struct DemoData {
    static let tenants = ["11111111", "22222222", "33333333"].map { "\($0)-1111-4111-8111-111111111111" }
    private static let shops = [
        "www.galaxus.ch", "www.brack.ch", "www.microspot.ch", "ch.rs-online.com", "www.amazon.de", "www.digitec.ch",
        "www.distrelec.ch", "www.conrad.ch", "www.mouser.ch", "www.wuerth-ag.ch",
    ]
    /// Who captures, in each tenant.
    private static let person = DevelopmentIdentity.demoSubject
    private static let days: Int64 = 120
    private static let capturesPerTenant = 130

    let platform: Platform
    let logger: Logger

    private struct Step: Sendable {
        let time: EventTime
        let run: @Sendable (CreditLedger) async throws -> Void
    }

    /// Fills the log if it is empty or a first filling was interrupted.
    func seedIfNeeded() async throws {
        let marker = OutcomeKey(Self.tenant(2), CommandKeys.hash(.grant, "demo-done"))
        guard try await platform.reader.outcome(of: marker) == nil else { return }
        let start = try await start()
        let head = try await platform.reader.head()
        let clock = DemoClock(start: max(head.recordedAt, start))
        var configuration = platform.configuration
        configuration.clock = WallClock { clock.now }
        let seeding = Platform(configuration, logger: logger)
        // A step is over when the next one has begun.
        let steps = steps(from: start).filter { $0.time >= head.recordedAt }
        try await PlatformAccess.writing(seeding) {
            try await adoptPolicy(seeding)
            for step in steps {
                clock.advance(to: step.time)
                do {
                    try await step.run(seeding.ledger)
                } catch is CreditError {
                    // An account that has run dry: part of the story.
                }
            }
        }
        await seeding.close()
        logger.notice("demo data appended", metadata: ["steps": "\(steps.count)"])
    }

    /// When it all begins: as an interrupted filling has it, whose requests are the same again only then.
    private func start() async throws -> EventTime {
        let start = platform.configuration.clock.now().adding(seconds: -Self.days * 86_400)
        let first = try await platform.reader.stream(
            StreamKey(Self.tenant(0), Streams.account(.punchout)), limit: 1
        ).first
        return min(start, first?.recordedAt ?? start)
    }

    /// The shipped one, unless there is one.
    private func adoptPolicy(_ platform: Platform) async throws {
        guard try await platform.policies.inForce() == nil else { return }
        _ = try await platform.policies.adopt(
            PolicyFile.shipped(), with: platform.ledger, by: Requester(actor: nil, request: nil))
    }

    private func steps(from start: EventTime) -> [Step] {
        var steps: [Step] = []
        var random = SplitMix64(state: 0xDE30)
        for index in Self.tenants.indices {
            let tenant = Self.tenant(index)
            steps += grants(tenant, index, start: start)
            for number in 0..<Self.capturesPerTenant {
                let span = UInt64((Self.days - 1) * 86_400)
                let time = start.adding(seconds: 3_600 + Int64(random.next() % span))
                steps.append(capture(tenant, index: index, number: number, at: time, using: &random))
            }
        }
        steps.sort { $0.time < $1.time }
        let done = Self.order(
            Self.tenant(2), .agent, .manual, "demo-done", 1, at: start.adding(seconds: Self.days * 86_400 - 30))
        return steps + [done]
    }

    private func grants(_ tenant: TenantID, _ index: Int, start: EventTime) -> [Step] {
        var grants = [
            Self.order(tenant, .punchout, .promotional, "welcome", 20, at: start, expiresAfterDays: 30, priority: 10),
            Self.order(tenant, .punchout, .purchase, "order-\(1001 + index)", 150, at: start.adding(seconds: 60)),
            Self.order(tenant, .agent, .purchase, "order-\(2001 + index)", 500, at: start.adding(seconds: 120)),
        ]
        for month: Int64 in 0..<4 {
            grants.append(
                Self.order(
                    tenant, .punchout, .subscription, "subscription-\(month + 1)", 15,
                    at: start.adding(seconds: 180 + month * 30 * 86_400), expiresAfterDays: 31, priority: 50))
        }
        return grants
    }

    private static func order(
        _ tenant: TenantID, _ product: Product, _ source: GrantSource, _ reference: String, _ units: Int64,
        at time: EventTime, expiresAfterDays days: Int64? = nil, priority: UInt8 = GrantRequest.defaultPriority
    ) -> Step {
        let expiry = days.map { Timestamp(microseconds: time.adding(seconds: $0 * 86_400).microseconds) }
        let grant = GrantRequest(
            source: source, reference: reference, units: Credits(units), priority: priority, expiresAt: expiry)
        return Step(time: time) { ledger in
            _ = try await ledger.grant(
                GrantOrder(tenant: tenant, product: product, grant: grant), idempotencyKey: reference,
                by: Requester(actor: ActorHandle(DevelopmentIdentity.backendSubject), request: nil))
        }
    }

    private func capture(
        _ tenant: TenantID, index: Int, number: Int, at time: EventTime, using random: inout SplitMix64
    ) -> Step {
        let text = String(format: "de30%04x-0000-4000-8000-%012x", index, number)
        let id = UUID(uuidString: text) ?? UUID()
        let record = CaptureRecord(
            id: id, product: .punchout, vendorHost: Self.shops[Int(random.next() % UInt64(Self.shops.count))],
            lineCount: Int(random.next() % 24) + 1,
            capturedAt: Timestamp(microseconds: time.microseconds - Int64(random.next() % 3_000_000)),
            outcome: random.next() % 20 == 0 ? .failure : .success)
        return Step(time: time) { [platform] ledger in
            let requester = Requester(try await platform.subjects.subject(of: Self.person, in: tenant), request: nil)
            _ = try await ledger.check(
                CheckRequest(tenant: tenant, product: .punchout, units: Credits(1)), by: requester)
            _ = try await ledger.capture(
                CaptureRequest(tenant: tenant, capture: record, hold: nil), by: requester)
        }
    }

    private static func tenant(_ index: Int) -> TenantID {
        guard let uuid = UUID(uuidString: tenants[index]) else { preconditionFailure("a demo tenant is no UUID") }
        return TenantID(uuid)
    }
}

/// A clock that stands still until it is moved.
private final class DemoClock: Sendable {
    private let time: Mutex<EventTime>

    init(start: EventTime) {
        time = Mutex(start)
    }

    var now: EventTime { time.withLock { $0 } }

    func advance(to later: EventTime) {
        time.withLock { $0 = max($0, later) }
    }
}

/// Vigna's SplitMix64: the same numbers everywhere.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
