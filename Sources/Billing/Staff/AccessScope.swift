import CanonicalJSON
package import EventStore
import Foundation
import Retention

/// What of the database somebody is to be let at. Keys, and whatever is sealed, are in none of them.
package enum AccessScope: Sendable, Hashable {
    /// To read these tables.
    case tables([String])
    /// To read what is this customer's, and nobody else's.
    case tenant(TenantID)
    /// To read everything that can be given.
    case readOnly
    /// The same, and to write what is computed from the log.
    case readWrite

    package enum Name: String, Sendable, CaseIterable {
        case tables, tenant
        case readOnly = "read-only"
        case readWrite = "read-write"
    }

    package var name: Name {
        switch self {
        case .tables: .tables
        case .tenant: .tenant
        case .readOnly: .readOnly
        case .readWrite: .readWrite
        }
    }

    package var tables: [String] {
        if case .tables(let tables) = self { tables } else { [] }
    }

    package var tenant: TenantID? {
        if case .tenant(let tenant) = self { tenant } else { nil }
    }

    /// Nil where the parts don't belong together.
    package init?(_ name: Name, tables: [String], tenant: TenantID?) {
        guard (name == .tables) != tables.isEmpty, (name == .tenant) == (tenant != nil) else { return nil }
        switch name {
        case .tables: self = .tables(tables)
        case .tenant:
            guard let tenant else { return nil }
            self = .tenant(tenant)
        case .readOnly: self = .readOnly
        case .readWrite: self = .readWrite
        }
    }

    func write(to object: inout JSONObject) {
        object["scope"] = .string(name.rawValue)
        object["tables"] = .array(tables.map(JSONValue.string))
        object["tenant_id"] = tenant.map { .string($0.rawValue.lowercaseText) }
    }

    init(_ payload: PayloadReader, type: EventType) throws(EventDecodingError) {
        let tenant = try payload.optionalUUID("tenant_id").map(TenantID.init)
        guard
            let scope = AccessScope(
                try payload.value("scope", as: Name.self), tables: try payload.strings("tables"), tenant: tenant)
        else { throw .malformed(type: type.name, reason: "the scope's parts don't belong together") }
        self = scope
    }
}
