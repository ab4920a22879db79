package import EventStore
package import Foundation
package import Postgres
package import Sealing
import Synchronization

/// Who stands behind a handle, and the key that all that is about them is sealed under. Events name people by handle only;
/// this directory is the one place that knows more, and forgetting a person begins here.
///
/// The database does not know who they are either: they are looked up by a code that only the lookup key gives, and what
/// they are called at the identity provider is sealed under their own key.
package final class SubjectDirectory: Sendable {
    let log: LogID
    let origin: String
    let pool: PostgresPool
    let keys: KeyEncryptionKeys
    private let epochs: KeyEpochs
    private let lookup = Mutex<LookupKey?>(nil)

    /// - Parameters:
    ///   - origin: of the log.
    ///   - pool: with the gateway's role.
    package init(log: LogID, origin: String, pool: PostgresPool, keys: KeyEncryptionKeys) {
        self.log = log
        self.origin = origin
        self.pool = pool
        self.keys = keys
        epochs = KeyEpochs(log: log, pool: pool)
    }

    /// To be called before anything is served, when the log is there. Throws if the key-encryption key is not the one that
    /// the log's keys were wrapped with.
    package func prepare() async throws {
        try await epochs.refresh(keys)
        _ = try await lookupKey()
    }

    /// The key of a person of a tenant, and with it the handle: both made at random, together, when they are first asked
    /// for, and the same from then on. After the key was destroyed, the person is a new one.
    package func subject(of object: UUID, in tenant: TenantID) async throws -> SubjectKey {
        try await keys.reading { try await storedSubject(of: object, in: tenant) }
    }

    private func storedSubject(of object: UUID, in tenant: TenantID) async throws -> SubjectKey {
        let code = try await lookupKey().code(of: object, in: tenant.rawValue)
        let person: [Parameter] = [.int4(log.rawValue), .uuid(tenant.rawValue), .bytea(code)]
        let known = try await pool.tenantQuery(tenant, Self.select, person)
        if let row = known.first { return try await key(row, of: tenant) }

        // Of two who come here at once, one inserts, and both read what that one did.
        let handle = UUID()
        let made = try await epochs.wrapping(with: keys) {
            let (key, wrapped) = try await SubjectKey.make(
                log: origin, tenant: tenant.rawValue, subject: handle, wrappedBy: keys)
            return try await pool.tenantPipeline(
                tenant,
                [
                    (
                        Self.insert,
                        person + [
                            .uuid(handle), .bytea(key.sealObject(object)), .uuid(key.id), .int4(wrapped.version),
                            .bytea(wrapped.bytes),
                        ]
                    ), (Self.select, person),
                ])
        }
        return try await self.key(try made[1].only(), of: tenant)
    }

    /// The handle of a person who has one. Nothing is made.
    package func knownHandle(of object: UUID, in tenant: TenantID) async throws -> ActorHandle? {
        let code = try await lookupKey().code(of: object, in: tenant.rawValue)
        let rows = try await pool.tenantQuery(
            tenant, Self.select, [.int4(log.rawValue), .uuid(tenant.rawValue), .bytea(code)])
        return try rows.first.map { ActorHandle(try $0.uuid(0)) }
    }

    /// Who a handle is at the identity provider, and since when they are known here. Nil if nobody stands behind it, or
    /// the key was destroyed.
    package func person(behind handle: ActorHandle, in tenant: TenantID) async throws -> (
        object: UUID, since: EventTime
    )? {
        try await keys.reading { try await storedPerson(behind: handle, in: tenant) }
    }

    private func storedPerson(
        behind handle: ActorHandle, in tenant: TenantID
    ) async throws -> (object: UUID, since: EventTime)? {
        let rows = try await pool.tenantQuery(
            tenant, Self.selectPerson, [.int4(log.rawValue), .uuid(tenant.rawValue), .uuid(handle.rawValue)])
        guard let row = rows.first else { return nil }
        let object = try await key(row, of: tenant).openObject(try row.bytes(4))
        return (object, EventTime(microseconds: try row.timestamp(5)))
    }

    private func key(_ row: Row, of tenant: TenantID) async throws -> SubjectKey {
        try await SubjectKey(
            unwrapping: WrappedKey(version: try row.int32(2), bytes: try row.bytes(3)), with: keys, log: origin,
            tenant: tenant.rawValue, subject: try row.uuid(0), id: try row.uuid(1))
    }

    private func lookupKey() async throws -> LookupKey {
        if let known = lookup.withLock({ $0 }) { return known }
        let key: LookupKey
        do {
            key = try await keys.reading {
                let wrapped = try await SealingKeyRows(log: log, pool: pool).key(.lookup, with: keys) {
                    try await LookupKey.make(log: origin, wrappedBy: keys)
                }
                return try await LookupKey(unwrapping: wrapped, with: keys, log: origin)
            }
        } catch let error as SealingError {
            if case .unavailable = error { throw error }
            throw WrongKeyEncryptionKey(reason: error)
        }
        lookup.withLock { $0 = key }
        return key
    }
}

/// The key-encryption key at hand is not the one that the keys of the log were wrapped with.
package struct WrongKeyEncryptionKey: Error, Sendable, CustomStringConvertible {
    let reason: SealingError

    package var description: String {
        "the key-encryption key is not the one that the log's keys were wrapped with (\(reason)): "
            + "configure that one (ZENTRIQ_KEK_FOLDER)"
    }
}

extension SubjectDirectory {
    private static let select = Statement(
        """
        SELECT s.handle, k.key_id, k.kek_version, k.wrapped
        FROM zentriq.subjects AS s JOIN zentriq.subject_keys AS k
            ON k.log_id = s.log_id AND k.tenant_id = s.tenant_id AND k.subject = s.handle
        WHERE s.log_id = $1 AND s.tenant_id = $2 AND s.lookup = $3
        """)
    private static let selectPerson = Statement(
        """
        SELECT s.handle, k.key_id, k.kek_version, k.wrapped, s.object, s.created_at
        FROM zentriq.subjects AS s JOIN zentriq.subject_keys AS k
            ON k.log_id = s.log_id AND k.tenant_id = s.tenant_id AND k.subject = s.handle
        WHERE s.log_id = $1 AND s.tenant_id = $2 AND s.handle = $3
        """)
    private static let insert = Statement(
        """
        WITH made AS (
            INSERT INTO zentriq.subjects (log_id, tenant_id, lookup, handle, object) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING RETURNING log_id, tenant_id, handle)
        INSERT INTO zentriq.subject_keys (log_id, tenant_id, subject, key_id, kek_version, wrapped)
        SELECT log_id, tenant_id, handle, $6, $7, $8 FROM made
        """)
}
