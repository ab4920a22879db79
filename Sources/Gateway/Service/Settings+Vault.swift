package import AuditLog

extension Settings {
    /// Where people's tokens are renewed, and as whom; nil if nothing of it is configured. `ZENTRIQ_VAULT_CLIENT` and
    /// `ZENTRIQ_VAULT_CLIENT_SECRET_FILE` belong together; `ZENTRIQ_VAULT_TOKEN_URL` is that of Microsoft Entra ID if it is
    /// not set.
    ///
    /// - Parameter development: allows `http` to this machine.
    package func identityProvider(development: Bool) throws(Failure) -> IdentityProvider? {
        let url = optional("VAULT_TOKEN_URL")
        guard let client = optional("VAULT_CLIENT"), let file = optional("VAULT_CLIENT_SECRET_FILE") else {
            guard optional("VAULT_CLIENT") == nil, optional("VAULT_CLIENT_SECRET_FILE") == nil, url == nil else {
                throw Failure(
                    description: "ZENTRIQ_VAULT_CLIENT and ZENTRIQ_VAULT_CLIENT_SECRET_FILE belong together")
            }
            return nil
        }
        guard client.utf8.count <= 255, client.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Failure(description: "ZENTRIQ_VAULT_CLIENT must be the identifier of a client")
        }
        guard let endpoint = TokenEndpoint(url ?? TokenEndpoint.entra, development: development) else {
            throw Failure(
                description: "ZENTRIQ_VAULT_TOKEN_URL must be an https URL without credentials, query and fragment")
        }
        do {
            return IdentityProvider(endpoint: endpoint, client: client, secret: try IdentityProvider.secret(file: file))
        } catch {
            throw Failure(description: "ZENTRIQ_VAULT_CLIENT_SECRET_FILE: \(error)")
        }
    }

    /// How many leases there may be: of a person in a minute and in an hour, of a tenant in an hour; each from 1 to 1,000,000.
    package func vaultLimits() throws(Failure) -> VaultLimits {
        func leases(_ name: String, default fallback: Int64) throws(Failure) -> Int64 {
            Int64(try integer("VAULT_\(name)", in: 1...1_000_000, default: Int(fallback)))
        }
        var limits = VaultLimits()
        limits.unusualPerMinute = try leases("PERSON_PER_MINUTE", default: limits.unusualPerMinute)
        limits.personPerHour = try leases("PERSON_PER_HOUR", default: limits.personPerHour)
        limits.tenantPerHour = try leases("TENANT_PER_HOUR", default: limits.tenantPerHour)
        return limits
    }
}
