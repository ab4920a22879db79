import Billing
import CreditDomain
import EventStore
import Foundation
import Postgres
import Sealing

/// The rows of stored tokens. Each statement sees the rows of one tenant; what changes a row goes with an event, in one
/// transaction.
struct TokenStore: Sendable {
    let log: LogID
    /// With the gateway's role.
    let pool: PostgresPool

    typealias Transaction = TokenLedger.Joined.Transaction

    // MARK: Reading

    /// - Parameter share: for how many seconds an answer is given to others.
    func row(of product: Product, of subject: DataSubject, share: Double) async throws -> TokenRow? {
        try await pool.tenantQuery(
            subject.tenant, Self.select,
            [
                .int4(log.rawValue), .uuid(subject.tenant.rawValue), .uuid(subject.handle.rawValue),
                .text(product.rawValue), .float8(share),
            ]
        ).first.map { try TokenRow($0, of: subject.tenant) }
    }

    /// Of a person, or of everybody of a tenant: the first ones.
    func rows(of tenant: TenantID, _ person: ActorHandle?, limit: Int) async throws -> [TokenRow] {
        try await pool.tenantQuery(
            tenant, Self.selectAll,
            [.int4(log.rawValue), .uuid(tenant.rawValue), .uuid(person?.rawValue), .float8(0), .int8(Int64(limit))]
        ).map { try TokenRow($0, of: tenant) }
    }

    /// Whose tokens nobody has used since.
    func unused(since time: EventTime, limit: Int32) async throws -> [(DataSubject, Product)] {
        try await pool.query(
            Self.unused,
            [.int4(log.rawValue), .timestamptz(microsecondsSinceUnixEpoch: time.microseconds), .int4(limit)]
        ).compactMap { row in
            let subject = DataSubject(TenantID(try row.uuid(0)), ActorHandle(try row.uuid(1)))
            return Product(rawValue: try row.string(2)).map { (subject, $0) }
        }
    }

    func unusedCount(since time: EventTime) async throws -> Int {
        Int(
            try await pool.query(
                Self.unusedCount,
                [.int4(log.rawValue), .timestamptz(microsecondsSinceUnixEpoch: time.microseconds), .int4(Int32.max)]
            ).only().int64(0))
    }

    // MARK: Who may ask the identity provider

    /// Takes the fence, for as many seconds, if the row is still as it was seen. Nil if somebody else came first.
    func takeFence(_ row: TokenRow, seconds: Double) async throws -> Int64? {
        try await pool.tenantQuery(row.subject.tenant, Self.takeFence, key(row) + [.int8(row.fence), .float8(seconds)])
            .first?.int64(0)
    }

    /// Lets others ask.
    func giveFenceBack(_ row: TokenRow, fence: Int64) async throws {
        _ = try await pool.tenantQuery(row.subject.tenant, Self.giveFenceBack, key(row) + [.int8(fence)])
    }

    // MARK: In a transaction with the event

    /// The row, which nobody else changes until the end of the transaction.
    func lock(_ product: Product, of subject: DataSubject, in transaction: Transaction) async throws -> TokenRow? {
        try await transaction.query(
            Self.lock,
            [
                .int4(log.rawValue), .uuid(subject.tenant.rawValue), .uuid(subject.handle.rawValue),
                .text(product.rawValue), .float8(0),
            ]
        ).first.map { try TokenRow($0, of: subject.tenant) }
    }

    func insert(
        _ token: TokenReference, of subject: DataSubject, _ wrapped: WrappedKey, envelope: [UInt8], scopes: [String],
        at now: EventTime, in transaction: Transaction
    ) async throws {
        _ = try await transaction.query(
            Self.insert,
            [
                .int4(log.rawValue), .uuid(subject.tenant.rawValue), .uuid(subject.handle.rawValue),
                .text(token.product.rawValue), .uuid(token.record), .int8(token.generation), .int4(wrapped.version),
                .bytea(wrapped.bytes), .bytea(envelope), .textArray(scopes),
                .timestamptz(microsecondsSinceUnixEpoch: now.microseconds),
            ])
    }

    /// Puts the next generation in the place of a row, with what others may share. False if the row is gone, or the fence somebody else's.
    func replace(
        _ row: TokenRow, fence: Int64, with wrapped: WrappedKey, envelope: [UInt8], answer: [UInt8]?, at now: EventTime,
        in transaction: Transaction
    ) async throws -> Bool {
        try await transaction.query(
            Self.replace,
            key(row) + [
                .int8(fence), .int4(wrapped.version), .bytea(wrapped.bytes), .bytea(envelope), .bytea(answer),
                .timestamptz(microsecondsSinceUnixEpoch: now.microseconds),
            ]
        ).count == 1
    }

    func delete(_ row: TokenRow, in transaction: Transaction) async throws {
        _ = try await transaction.query(Self.delete, key(row))
    }

    private func key(_ row: TokenRow) -> [Parameter] {
        [
            .int4(log.rawValue), .uuid(row.subject.tenant.rawValue), .uuid(row.subject.handle.rawValue),
            .text(row.token.product.rawValue), .uuid(row.token.record), .int8(row.token.generation),
        ]
    }
}
