import AuditLog
import Billing
import CreditDomain
import Edge
import EventStore
import Foundation

extension StrictObject {
    /// Scopes as RFC 6749 writes them (section 3.3), of characters that URLs have: nothing else has a place there.
    mutating func scopes(apartFrom secret: String? = nil) -> [String] {
        let maximum = VaultLimits.maximumScopes * (VaultLimits.maximumScopeBytes + 1)
        let text = string("scope", maximumBytes: maximum)
        guard !text.isEmpty else { return [] }
        let scopes = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let isRight =
            scopes.count <= VaultLimits.maximumScopes && Set(scopes).count == scopes.count
            && scopes.allSatisfy(Self.isScope)
        if !isRight {
            refuse(
                "scope",
                "must be 1 to \(VaultLimits.maximumScopes) different scopes with a space between them, each of at "
                    + "most \(VaultLimits.maximumScopeBytes) letters, digits and . : / _ -")
        } else if let secret, secret.utf8.count >= Self.shortestSecret, text.contains(secret) {
            // Scopes stand in the log.
            refuse("scope", "must not hold the token")
        }
        return scopes
    }

    /// Shorter ones may stand in a scope by chance.
    private static var shortestSecret: Int { 12 }

    private static func isScope(_ scope: String) -> Bool {
        (1...VaultLimits.maximumScopeBytes).contains(scope.utf8.count)
            && scope.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || ".:/_-".utf8.contains(byte)
            }
    }

    /// The agent's, if nothing else is said.
    mutating func tokenProduct() -> Product? {
        optionalEnumeration("product") ?? .agent
    }
}

struct StoreBody {
    /// Larger than those of other commands, for a token of the largest size in JSON.
    static let maximumBytes = 16 * 1_024

    let product: Product
    let token: SecretText
    let scopes: [String]

    init(_ object: consuming StrictObject) throws {
        let product = object.tokenProduct()
        let token = object.string("refresh_token", maximumBytes: VaultLimits.maximumTokenBytes)
        if !token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            object.refuse("refresh_token", "must be visible ASCII")
        }
        scopes = object.scopes(apartFrom: token)
        try object.finish()
        self.product = product ?? .agent
        self.token = SecretText(token)
    }
}

struct LeaseBody {
    let product: Product
    let purpose: LeasePurpose
    let scopes: [String]
    let seconds: Int64

    init(_ object: consuming StrictObject) throws {
        let product = object.tokenProduct()
        let purpose = object.enumeration("purpose", of: LeasePurpose.self)
        scopes = object.scopes()
        seconds = object.integer("ttl_seconds", in: VaultLimits.leaseSeconds)
        try object.finish()
        guard let purpose else { throw ProblemDetails(.validation) }
        self.product = product ?? .agent
        self.purpose = purpose
    }
}

struct UninstalledBody {
    let tenant: TenantID
    /// At the identity provider; nil for everybody of the tenant.
    let object: UUID?

    init(_ object: consuming StrictObject) throws {
        let tenant = object.identifier("tenant_id")
        let person = object.optionalUUID("object_id")
        try object.finish()
        guard let tenant else { throw ProblemDetails(.validation) }
        self.tenant = TenantID(tenant)
        self.object = person.flatMap { UUID(text: $0) }
    }
}
