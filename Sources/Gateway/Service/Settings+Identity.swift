import CreditDomain
package import Foundation
package import Identity

extension Settings {
    package func uuid(_ name: String) throws(Failure) -> UUID {
        guard let value = UUID(uuidString: try string(name)) else {
            throw Failure(description: "ZENTRIQ_\(name) must be a UUID")
        }
        return value
    }

    /// Whose tokens are accepted: Microsoft Entra ID's, for this audience, from these clients.
    package func identity() throws(Failure) -> IdentityConfiguration {
        IdentityConfiguration(
            audiences: Set(try list("AUDIENCE")), operatorTenant: try uuid("OPERATOR_TENANT"), clients: try clients(),
            applicationClients: try applications(),
            issuerTemplate: try string("ISSUER", default: IdentityConfiguration.entraIssuerTemplate),
            keysURL: try string("KEYS_URL", default: IdentityConfiguration.entraKeysURL))
    }

    /// `UUID=product+product,UUID=product`: the clients that users come through, and what each is for.
    private func clients() throws(Failure) -> [UUID: Set<String>] {
        var clients: [UUID: Set<String>] = [:]
        for entry in try list("CLIENTS") {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let products = parts.dropFirst().flatMap { $0.split(separator: "+", omittingEmptySubsequences: false) }
            guard let client = parts.first.flatMap({ UUID(uuidString: String($0)) }), clients[client] == nil,
                !products.isEmpty, products.allSatisfy({ Product(rawValue: String($0)) != nil })
            else {
                throw Failure(
                    description: "ZENTRIQ_CLIENTS must list each client once, such as UUID=punchout,UUID=punchout+agent"
                )
            }
            clients[client] = Set(products.map(String.init))
        }
        return clients
    }

    private func applications() throws(Failure) -> Set<UUID> {
        var applications: Set<UUID> = []
        for entry in try list("APPLICATIONS") {
            guard let application = UUID(uuidString: entry) else {
                throw Failure(description: "ZENTRIQ_APPLICATIONS must be a list such as UUID,UUID")
            }
            applications.insert(application)
        }
        return applications
    }

    /// What stands between commas, at least one.
    private func list(_ name: String) throws(Failure) -> [String] {
        let entries = try string(name).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard entries.allSatisfy({ !$0.isEmpty }) else {
            throw Failure(description: "ZENTRIQ_\(name) must be a list without empty entries")
        }
        return entries
    }
}
