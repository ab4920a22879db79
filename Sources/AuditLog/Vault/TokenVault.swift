package import Billing
package import CreditDomain
import Crypto
package import EventStore
package import Foundation
package import Logging
import Metrics
package import Postgres
package import Sealing

/// Keeps people's refresh tokens, sealed, and leases access that the identity provider gives for them. Nothing is stored,
/// used or destroyed without its event: what changes a row goes with the event in one transaction, and what uses a token
/// comes after the event.
package struct TokenVault: Sendable {
    /// At once, when unused tokens are swept.
    static let sweepBatch: Int32 = 100

    let origin: String
    let store: TokenStore
    let ledger: TokenLedger
    let privacy: PrivacyLedger
    let joined: TokenLedger.Joined
    let quota: LeaseQuota
    /// Data keys are wrapped and unwrapped by these alone.
    let keys: KeyEncryptionKeys
    let epochs: KeyEpochs
    /// Nil: nothing can be stored or leased here, and all else goes on.
    let provider: IdentityProvider?
    var limits: VaultLimits
    let clock: WallClock
    let logger: Logger

    /// - Parameters:
    ///   - origin: of the log.
    ///   - pool: with the gateway's role.
    package init(
        log: LogID, origin: String, pool: PostgresPool, ledger: TokenLedger, privacy: PrivacyLedger,
        joined: TokenLedger.Joined, keys: KeyEncryptionKeys, provider: IdentityProvider?,
        limits: VaultLimits = VaultLimits(), clock: WallClock, logger: Logger
    ) {
        self.origin = origin
        store = TokenStore(log: log, pool: pool)
        self.ledger = ledger
        self.privacy = privacy
        self.joined = joined
        quota = LeaseQuota(log: log, pool: pool, limits: limits)
        self.keys = keys
        epochs = KeyEpochs(log: log, pool: pool)
        self.provider = provider
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    // MARK: Connecting

    /// Stores a token in the place of the one that may be there, whose leases in flight come to nothing.
    ///
    /// - Parameter agent: the application that brings it.
    package func put(
        _ token: SecretText, scopes: [String], for product: Product, of subject: DataSubject, from agent: UUID,
        by requester: Requester
    ) async throws -> StoredToken {
        guard provider != nil else { throw VaultError.notConfigured }
        let (inForce, version) = try await privacy.limits(of: subject)
        guard inForce.isEmpty else { throw VaultError.restricted(inForce.names) }
        let reference = TokenReference(product: product, record: UUID(), generation: 1)
        let now = clock.now()
        let key = TokenKey(for: reference.place(log: origin, of: subject))
        let envelope = key.seal(Array(token.reveal().utf8), as: .token)
        let hash = Array(SHA256.hash(data: envelope))
        let accepted = try await epochs.wrapping(with: keys) {
            let wrapped = try await key.wrapped(by: keys)
            return try await joined.run(of: subject.tenant) { transaction in
                var events: [TokenEvent] = []
                if let old = try await store.lock(product, of: subject, in: transaction) {
                    try await store.delete(old, in: transaction)
                    events.append(.disconnected(old.token, .replaced))
                }
                try await store.insert(
                    reference, of: subject, wrapped, envelope: envelope, scopes: scopes, at: now, in: transaction)
                events.append(.stored(reference, envelope: hash, scopes: scopes, agent: agent))
                return try await ledger.append(
                    events, of: product, of: subject, unlimitedAt: version, by: requester, in: &transaction)
            }
        }
        Counter(label: "zentriq_vault_stored_total").increment()
        return StoredToken(
            reference, scopes: scopes, storedAt: now, usedAt: now, position: accepted.position)
    }

    // MARK: Ending

    /// Destroys the tokens of a person, or of everybody of a tenant, with every lease in flight: what comes back from the
    /// identity provider afterwards finds no row, and is neither stored nor given out. Each is a transaction of its own:
    /// cut off, it goes on with those that are left when it is called again.
    ///
    /// - Returns: the first of those that were destroyed, at most ``VaultLimits/maximumTold``; the log has all.
    package func disconnect(
        _ tenant: TenantID, _ person: ActorHandle?, because ending: TokenEvent.Ending, by requester: Requester
    ) async throws -> [StoredToken] {
        var destroyed: [StoredToken] = []
        while true {
            let rows = try await store.rows(of: tenant, person, limit: limits.disconnectBatch)
            for row in rows {
                try Task.checkCancellation()
                let token = try await end(row.token.product, of: row.subject, by: requester) { row in
                    .disconnected(row.token, ending)
                }
                guard let token else { continue }
                Counter(label: "zentriq_vault_destroyed_total", dimensions: [("reason", ending.rawValue)]).increment()
                if destroyed.count < limits.maximumTold { destroyed.append(token) }
            }
            if rows.count < limits.disconnectBatch { return destroyed }
        }
    }

    /// Destroys what is left of somebody who is erased: their tokens, and how often they were leased.
    package func erase(_ tenant: TenantID, _ people: [ActorHandle]) async throws {
        for person in people {
            _ = try await disconnect(
                tenant, person, because: .erasure, by: Requester(actor: nil, request: nil))
            try await quota.forget(DataSubject(tenant, person))
        }
    }

    /// What is kept of somebody, without what is sealed.
    package func stored(of subject: DataSubject) async throws -> [StoredToken] {
        try await store.rows(
            of: subject.tenant, subject.handle, limit: limits.disconnectBatch
        ).map(StoredToken.init)
    }

    /// Deletes the row, and appends what `event` makes of it. Nil if there is none, or `event` wants none.
    func end(
        _ product: Product, of subject: DataSubject, by requester: Requester,
        _ event: (TokenRow) -> TokenEvent?
    ) async throws -> StoredToken? {
        try await joined.run(of: subject.tenant) { transaction in
            guard let row = try await store.lock(product, of: subject, in: transaction), let event = event(row) else {
                return nil
            }
            try await store.delete(row, in: transaction)
            let accepted = try await ledger.append(
                [event], of: product, of: subject, by: requester, in: &transaction)
            return StoredToken(row, position: accepted.position)
        }
    }
}
