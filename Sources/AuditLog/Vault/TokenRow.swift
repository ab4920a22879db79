import Billing
import CreditDomain
import Crypto
import EventStore
import Foundation
import Postgres
import Sealing

/// A stored token, as its row holds it.
struct TokenRow: Sendable {
    let subject: DataSubject
    let token: TokenReference
    let wrapped: WrappedKey
    let envelope: [UInt8]
    let scopes: [String]
    let storedAt: EventTime
    let usedAt: EventTime
    /// Of whoever asked the identity provider last, and whether their time has not come yet.
    let fence: Int64
    let isBusy: Bool
    /// What the identity provider answered within the time that it is shared for, sealed.
    let answer: [UInt8]?

    init(_ row: Row, of tenant: TenantID) throws {
        subject = DataSubject(tenant, ActorHandle(try row.uuid(0)))
        guard let product = Product(rawValue: try row.string(1)) else {
            throw LogError.corrupt("a token is stored for a product that there is not")
        }
        token = TokenReference(product: product, record: try row.uuid(2), generation: try row.int64(3))
        wrapped = WrappedKey(version: try row.int32(4), bytes: try row.bytes(5))
        envelope = try row.bytes(6)
        scopes = try row.textArray(7)
        storedAt = EventTime(microseconds: try row.timestamp(8))
        usedAt = EventTime(microseconds: try row.timestamp(9))
        fence = try row.int64(10)
        isBusy = try row.bool(11)
        answer = try row.optionalBytes(12)
    }

    var envelopeHash: [UInt8] { Array(SHA256.hash(data: envelope)) }

    /// Whether it is the one that the newest event tells of.
    func matches(_ state: TokenState) -> Bool {
        state == .stored(token, envelope: envelopeHash)
    }

    func place(log: String) -> TokenPlace { token.place(log: log, of: subject) }
}

extension TokenReference {
    func place(log: String, of subject: DataSubject) -> TokenPlace {
        TokenPlace(
            log: log, tenant: subject.tenant.rawValue, subject: subject.handle.rawValue, product: product.rawValue,
            record: record, generation: generation)
    }
}
