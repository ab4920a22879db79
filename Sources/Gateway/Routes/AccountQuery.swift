import CanonicalJSON
import CreditDomain
import Edge
import EventStore
import Foundation
import Hummingbird

/// Whose account is asked for: a user's own tenant, or, for an auditor, the one named in `tenant_id`.
struct AccountQuery {
    private let tenant: TenantID?
    private let product: Product?
    /// What the caller may ask about.
    private let products: Set<Product>
    /// Nil for a user, who reads what is the own.
    private let auditor: ActorHandle?

    init(_ query: inout QueryReader, _ caller: Caller) throws(ProblemDetails) {
        product = query.enumeration("product")
        switch caller {
        case .user:
            let user = try caller.user(with: .credits)
            tenant = user.tenant
            products = user.products
            auditor = nil
        case .application:
            auditor = try caller.application(with: .auditor)
            products = Set(Product.allCases)
            tenant = query.uuid("tenant_id").flatMap(UUID.init(text:)).map(TenantID.init)
        }
    }

    /// To be called once the query has finished without a fault.
    func resolved() throws(ProblemDetails) -> Account {
        guard let tenant, let product else { throw ProblemDetails(.validation) }
        try product.requireEntitlement(among: products)
        return Account(tenant: tenant, product: product, auditor: auditor)
    }

    /// The account that is read, and who reads it if it isn't its owner.
    struct Account {
        let tenant: TenantID
        let product: Product
        let auditor: ActorHandle?
    }
}

/// A page of an account's history, newest first: `limit` items before the cursor, which is the position of the last
/// item of the page before.
struct PageQuery {
    let account: AccountQuery.Account
    let before: LogPosition?
    let limit: Int

    init(_ request: Request, _ caller: Caller) throws(ProblemDetails) {
        var query = QueryReader(request)
        let account = try AccountQuery(&query, caller)
        limit = query.limit(upTo: HistoryRoutes.maximumPage, default: HistoryRoutes.defaultPage)
        let cursor = query.cursor()
        before = cursor.flatMap(Self.position)
        if cursor != nil, before == nil { query.refuse("cursor", "is not a cursor of this service") }
        try query.finish()
        self.account = try account.resolved()
    }

    /// What was looked through for these positions, newest first, one more than the limit if there are more.
    func covered(_ found: [LogPosition]) -> Range<LogPosition>? {
        guard let newest = found.first, let oldest = found.prefix(limit).last else { return nil }
        return oldest..<(before ?? LogPosition(newest.rawValue + 1))
    }

    var filters: [String: String] {
        var filters = ["limit": String(limit)]
        filters["cursor"] = before.map { String($0.rawValue) }
        return filters
    }

    /// Each position has one spelling, which is that of `next_cursor`.
    private static func position(_ cursor: String) -> LogPosition? {
        guard let number = Int64(cursor), number >= 0, String(number) == cursor else { return nil }
        return LogPosition(number)
    }

    /// `{"items": […], "next_cursor": …}`; one item more than the limit was read to know whether there is a next page.
    func encode<Item>(
        _ items: [Item], position: (Item) -> LogPosition, _ write: (inout CanonicalWriter, Item) -> Void
    ) -> [UInt8] {
        var json = CanonicalWriter(reserving: 64 + 256 * items.count)
        json.beginObject()
        json.key("items")
        json.beginArray()
        let page = items.prefix(limit)
        for item in page {
            json.beginObject()
            write(&json, item)
            json.endObject()
        }
        json.endArray()
        json.key("next_cursor")
        if items.count > limit, let last = page.last {
            json.string(String(position(last).rawValue))
        } else {
            json.null()
        }
        json.endObject()
        return json.bytes
    }
}
