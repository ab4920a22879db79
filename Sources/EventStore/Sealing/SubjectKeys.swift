package import Foundation
package import Postgres
package import Sealing
import Synchronization

/// Opens sealed events for those who read the log. Subjects' keys are read and unwrapped when they are first needed, and
/// kept for a while: one that is destroyed meanwhile is forgotten here within ``lifetime``.
package final class SubjectKeys: Sendable {
    /// How long a key is used before the database is asked again whether it is still there.
    package static let lifetime = Duration.seconds(60)
    /// Keys in memory, of some hundred bytes each.
    package static let capacity = 50_000

    /// What is known of a key.
    package struct Known: Sendable {
        package enum Content: Sendable {
            case key(SubjectKey)
            case closed(EventSeal.Closed)
        }

        /// Whose it is: the tenant, the handle.
        package let tenant: UUID
        package let subject: UUID
        package let content: Content

        fileprivate var lacksVersion: Bool {
            if case .closed(.noVersion) = content { true } else { false }
        }
    }

    private struct Entry: Sendable {
        let known: Known
        let end: ContinuousClock.Instant
    }

    private let origin: String
    private let keys: KeyEncryptionKeys?
    private let cache = Mutex(GenerationalCache<UUID, Entry>(capacity: capacity))

    /// - Parameters:
    ///   - origin: of the log.
    ///   - keys: nil to know whose keys there are, and open nothing.
    package init(origin: String, keys: KeyEncryptionKeys?) {
        self.origin = origin
        self.keys = keys
    }

    /// What is known of those of these keys that there are; what is not in memory is loaded.
    ///
    /// - Parameter load: carries out ``select`` with the log and the identifiers.
    package func find(
        _ ids: Set<UUID>, load: (Statement, [UUID]) async throws -> Rows
    ) async throws -> [UUID: Known] {
        var found: [UUID: Known] = [:]
        let now = ContinuousClock.now
        cache.withLock { cache in
            for id in ids {
                if let entry = cache.find(id), entry.end > now { found[id] = entry.known }
            }
        }
        let missing = ids.filter { found[$0] == nil }
        guard !missing.isEmpty else { return found }
        var loaded = try await loaded(missing, load)
        let old = loaded.filter(\.value.lacksVersion).map(\.key)
        if !old.isEmpty, let keys {
            // They may have been wrapped anew, and the version retired, since the rows were read.
            do { try await keys.reload() } catch { throw SealingError.unavailable("\(error)") }
            loaded.merge(try await self.loaded(Set(old), load)) { $1 }
        }
        for (id, known) in loaded {
            found[id] = known
            // A failure may be mended: only what is final, or works, is kept.
            if case .closed(let reason) = known.content, reason != .destroyed, reason != .noKeys { continue }
            cache.withLock { $0.insert(Entry(known: known, end: now + Self.lifetime), for: id) }
        }
        return found
    }

    private func loaded(
        _ ids: Set<UUID>, _ load: (Statement, [UUID]) async throws -> Rows
    ) async throws -> [UUID: Known] {
        var loaded: [UUID: Known] = [:]
        for row in try await load(Self.select, Array(ids)) {
            let (id, known) = try await known(row)
            loaded[id] = known
        }
        return loaded
    }

    private func known(_ row: Row) async throws -> (UUID, Known) {
        let (id, tenant, subject) = (try row.uuid(0), try row.uuid(1), try row.uuid(2))
        let wrapped = try row.optionalBytes(4).map { WrappedKey(version: try row.int32(3), bytes: $0) }
        let content = try await content(wrapped, tenant, subject, id)
        return (id, Known(tenant: tenant, subject: subject, content: content))
    }

    private func content(
        _ wrapped: WrappedKey?, _ tenant: UUID, _ subject: UUID, _ id: UUID
    ) async throws(SealingError) -> Known.Content {
        guard let wrapped else { return .closed(.destroyed) }
        guard let keys else { return .closed(.noKeys) }
        do {
            return .key(
                try await SubjectKey(
                    unwrapping: wrapped, with: keys, log: origin, tenant: tenant, subject: subject, id: id))
        } catch .noVersion(let version) {
            return .closed(.noVersion(version))
        } catch .unavailable(let reason) {
            // Nothing is wrong with what is sealed.
            throw .unavailable(reason)
        } catch {
            return .closed(.damaged("the key: \(error)"))
        }
    }

    private static let select = Statement(
        """
        SELECT key_id, tenant_id, subject, kek_version, wrapped FROM zentriq.subject_keys
        WHERE log_id = $1 AND key_id = ANY ($2)
        """)
}

extension RecordedEvent {
    /// Puts salt and payload in their place, or says why they can't be had.
    package mutating func open(with known: SubjectKeys.Known?) {
        guard let envelope = seal?.envelope else { return }
        let content = envelope.withUnsafeBytes {
            SubjectKeys.open($0, of: id, tenant: stream.tenant, actor: actor, with: known)
        }
        switch content {
        case .success(let (salt, data)):
            (self.salt, self.data) = (salt, data)
            seal?.closed = nil
        case .failure(let reason): seal?.closed = reason
        }
    }
}

extension SubjectKeys {
    /// Opens the envelope of an event.
    ///
    /// - Parameter known: of the key that the row names; nil if there is none.
    package static func open(
        _ envelope: UnsafeRawBufferPointer, of event: UUID, tenant: TenantID, actor: ActorHandle?, with known: Known?
    ) -> Result<(salt: [UInt8], data: [UInt8]), EventSeal.Closed> {
        guard let known else { return .failure(.damaged("there is no such key")) }
        guard known.tenant == tenant.rawValue, known.subject == actor?.rawValue else {
            return .failure(.damaged("the key is somebody else's"))
        }
        guard EventEnvelope.isOne(envelope) else { return .failure(.damaged("\(SealingError.malformed)")) }
        switch known.content {
        case .closed(let reason): return .failure(reason)
        case .key(let key):
            do { return .success(try key.open(envelope, event: event)) } catch { return .failure(.damaged("\(error)")) }
        }
    }
}
