package import Billing
package import CreditDomain
package import EventStore
package import Foundation

/// One tenant's dealings with one of its accounts.
package struct Client: Sendable {
    package let bench: Bench
    package let tenant: TenantID
    package let product: Product

    package init(_ bench: Bench, tenant: TenantID = TenantID(UUID()), product: Product = .punchout) {
        self.bench = bench
        self.tenant = tenant
        self.product = product
    }

    package static let requester = Requester(actor: ActorHandle(UUID()), request: UUID())

    /// Who captures.
    package func person() async throws -> Requester {
        Requester(try await bench.person(of: tenant), request: Self.requester.request)
    }

    package var now: Timestamp { Timestamp(microseconds: bench.clock.now.microseconds) }

    @discardableResult
    package func grant(
        _ units: Int64, reference: String = UUID().uuidString, source: GrantSource = .purchase, priority: UInt8 = 100,
        effective: Timestamp? = nil, expires: Timestamp? = nil, key: String = UUID().uuidString
    ) async throws -> Accepted {
        let request = GrantRequest(
            source: source, reference: reference, units: Credits(units), priority: priority, effectiveAt: effective,
            expiresAt: expires)
        return try await bench.ledger.grant(
            GrantOrder(tenant: tenant, product: product, grant: request), idempotencyKey: key, by: Self.requester)
    }

    @discardableResult
    package func check(_ units: Int64 = 1) async throws -> Accepted {
        try await bench.ledger.check(
            CheckRequest(tenant: tenant, product: product, units: Credits(units)), by: Self.requester)
    }

    @discardableResult
    package func hold(_ units: Int64, seconds: Int64 = 600, key: String = UUID().uuidString) async throws -> Accepted {
        try await bench.ledger.hold(
            HoldRequest(tenant: tenant, product: product, units: Credits(units), timeToLiveSeconds: seconds),
            idempotencyKey: key, by: Self.requester)
    }

    @discardableResult
    package func voidHold(
        _ hold: HoldID, products: Set<Product> = Set(Product.allCases), key: String = UUID().uuidString
    ) async throws -> Accepted {
        try await bench.ledger.voidHold(
            hold, of: tenant, products: products, idempotencyKey: key, by: Self.requester)
    }

    /// A capture made now.
    package func record(
        _ id: UUID = UUID(), outcome: CaptureRecord.Outcome = .success, host: String = "shop.example.com",
        lines: Int = 3, at time: Timestamp? = nil
    ) -> CaptureRecord {
        CaptureRecord(
            id: id, product: product, vendorHost: host, lineCount: lines, capturedAt: time ?? now, outcome: outcome)
    }

    @discardableResult
    package func capture(
        _ record: CaptureRecord, hold: HoldID? = nil, with ledger: CreditLedger? = nil
    ) async throws -> Accepted {
        try await (ledger ?? bench.ledger).capture(
            CaptureRequest(tenant: tenant, capture: record, hold: hold), by: person())
    }

    /// A successful capture made now.
    @discardableResult
    package func capture(hold: HoldID? = nil) async throws -> CaptureRecord {
        let record = record()
        try await capture(record, hold: hold)
        return record
    }

    @discardableResult
    package func refund(_ capture: CaptureRecord, key: String = UUID().uuidString) async throws -> Accepted {
        try await bench.ledger.refund(
            capture: capture.id.lowercaseText, of: tenant, idempotencyKey: key, by: Self.requester)
    }

    package func settle() async throws {
        try await bench.ledger.settle(product, of: tenant)
    }

    /// The account as the append itself keeps it.
    package func state() async throws -> AccountState {
        try await bench.reader.head(of: account, as: AccountState.self)?.state ?? AccountState()
    }

    package func balance() async throws -> Int64 {
        try await state().balance.rawValue
    }

    package func available() async throws -> Int64 {
        try await state().available(at: now).rawValue
    }

    package var account: StreamKey { StreamKey(tenant, Streams.account(product)) }

    /// Of the account, as the code that folds them reads them.
    package func movements() async throws -> [CreditEvent] {
        try await events(Streams.account(product)).map { event in
            guard case .credit(let credit) = try DomainEvent(event) else { throw UnexpectedEvent(event.type) }
            return credit
        }
    }

    package func events(_ stream: StreamID) async throws -> [RecordedEvent] {
        try await bench.reader.stream(StreamKey(tenant, stream))
    }
}
