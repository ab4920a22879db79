package import CreditDomain
package import EventStore

/// Everything that can be done with credits and captures: turns requests into commands of the log's sequencer.
package struct CreditLedger: Sendable {
    package typealias Writer = Sequencer<AccountState>
    /// Appends together with changes of other tables, beside the sequencer.
    package typealias RowWriter = JoinedWriter<AccountState>

    let writer: Writer
    let reader: LogReader

    package init(writer: Writer, reader: LogReader) {
        self.writer = writer
        self.reader = reader
    }

    /// Records the question and its answer. Not enough credits is an answer, not an error.
    package func check(_ request: CheckRequest, by requester: Requester) async throws -> Accepted {
        try await writer.submit(.check(request, by: requester))
    }

    /// Records a capture and debits it, both or nothing. The capture's identifier is unique in its tenant for ever.
    package func capture(_ request: CaptureRequest, by requester: Requester) async throws -> Accepted {
        do { return try await writer.submit(.capture(request, by: requester)) } catch LogError.keyReused {
            guard let answer = try await answer(toSame: request) else { throw LogError.keyReused }
            return answer
        }
    }

    package func hold(
        _ request: HoldRequest, idempotencyKey: String, by requester: Requester
    ) async throws -> Accepted {
        try await writer.submit(.hold(request, idempotencyKey: idempotencyKey, by: requester))
    }

    package func voidHold(
        _ hold: HoldID, of tenant: TenantID, products: Set<Product>, idempotencyKey: String, by requester: Requester
    ) async throws -> Accepted {
        try await writer.submit(
            .voidHold(hold, of: tenant, products: products, idempotencyKey: idempotencyKey, by: requester))
    }

    package func grant(_ order: GrantOrder, idempotencyKey: String, by requester: Requester) async throws -> Accepted {
        try await writer.submit(.grant(order, idempotencyKey: idempotencyKey, by: requester))
    }

    /// Gives a debit back, once, to the grants it was taken from.
    package func refund(
        capture: String, of tenant: TenantID, idempotencyKey: String, by requester: Requester
    ) async throws -> Accepted {
        let (debit, product) = try await debit(ofCapture: capture, tenant: tenant)
        return try await writer.submit(
            .refund(debit, product: product, of: tenant, idempotencyKey: idempotencyKey, by: requester))
    }

    /// Makes a tenant and one of its people known to the log. Doing it again changes nothing.
    package func register(tenant: TenantID, subject: ActorHandle?, by requester: Requester) async throws {
        _ = try await writer.submit(.register(tenant: tenant, subject: subject, by: requester))
    }

    /// Writes down that somebody read. To be called before they get what they read: if this throws, they get nothing.
    package func record(_ read: AuditRead, of tenant: TenantID, by requester: Requester) async throws {
        _ = try await writer.submit(.record(read, of: tenant, by: requester))
    }

    /// Writes down what time alone has made due in an account: expired grants and holds.
    package func settle(_ product: Product, of tenant: TenantID) async throws {
        _ = try await writer.submit(.settle(product, of: tenant))
    }
}
