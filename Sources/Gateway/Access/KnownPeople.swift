import AuditLog
import Billing
import EventStore
import Foundation
import Sealing
import Synchronization

/// The people this process has met: their keys with their handles, so that only the first call of each asks the database
/// and registers them in the log.
final class KnownPeople: Sendable {
    static let capacity = 100_000
    /// After which the database is asked again: the key may have been destroyed elsewhere, and the person be a new one.
    static let lifetime = Duration.seconds(60)

    private struct Person: Hashable {
        let tenant: TenantID
        let object: UUID
    }

    private struct Known: Sendable {
        let key: SubjectKey
        let end: ContinuousClock.Instant
    }

    private let directory: SubjectDirectory
    private let ledger: CreditLedger
    private let people = Mutex(GenerationalCache<Person, Known>(capacity: capacity))

    init(directory: SubjectDirectory, ledger: CreditLedger) {
        self.directory = directory
        self.ledger = ledger
    }

    func key(of object: UUID, in tenant: TenantID) async throws -> SubjectKey {
        let person = Person(tenant: tenant, object: object)
        let now = ContinuousClock.now
        let known = people.withLock { $0.find(person) }
        if let known, known.end > now { return known.key }
        let key = try await directory.subject(of: object, in: tenant)
        if known?.key.id != key.id {
            try await ledger.register(tenant: tenant, subject: key.handle, by: Requester(key, request: nil))
        }
        people.withLock { $0.insert(Known(key: key, end: now + Self.lifetime), for: person) }
        return key
    }
}
