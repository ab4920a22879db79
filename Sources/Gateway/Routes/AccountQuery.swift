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

/// A page of an account's history.
struct PageQuery {
    let account: AccountQuery.Account
    let page: PositionPage

    init(_ request: Request, _ caller: Caller) throws(ProblemDetails) {
        var query = QueryReader(request)
        let account = try AccountQuery(&query, caller)
        page = PositionPage(&query, upTo: HistoryRoutes.maximumPage, default: HistoryRoutes.defaultPage)
        try query.finish()
        self.account = try account.resolved()
    }

    /// - Parameter write: writes the members of an item.
    func encode<Item>(
        _ items: [Item], position: (Item) -> LogPosition, _ write: (inout CanonicalWriter, Item) -> Void
    ) -> [UInt8] {
        page.encode(items, position: position) { json, item in
            json.beginObject()
            write(&json, item)
            json.endObject()
        }
    }
}
