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
            audiences: Set(try string("AUDIENCE").split(separator: ",").map(String.init)),
            operatorTenant: try uuid("OPERATOR_TENANT"), clients: try clients("CLIENTS"),
            applicationClients: Set(try clients("APPLICATIONS").keys),
            issuerTemplate: try string("ISSUER", default: IdentityConfiguration.entraIssuerTemplate),
            keysURL: try string("KEYS_URL", default: IdentityConfiguration.entraKeysURL))
    }

    /// `UUID=product+product,UUID=product`; a UUID alone has no products.
    private func clients(_ name: String) throws(Failure) -> [UUID: Set<String>] {
        var clients: [UUID: Set<String>] = [:]
        for entry in try string(name).split(separator: ",") {
            let parts = entry.split(separator: "=", maxSplits: 1)
            guard let first = parts.first, let client = UUID(uuidString: String(first)) else {
                throw Failure(description: "ZENTRIQ_\(name) must be a list such as UUID=punchout,UUID=punchout+agent")
            }
            clients[client] = parts.count == 2 ? Set(parts[1].split(separator: "+").map(String.init)) : []
        }
        return clients
    }
}
