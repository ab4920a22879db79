import AuditLog
import Billing
import EventStore
import Foundation
import Synchronization

/// The people this process has met: their handles, so that only the first call of each asks the database and registers
/// them in the log.
final class KnownPeople: Sendable {
    static let capacity = 100_000

    private struct Person: Hashable {
        let tenant: TenantID
        let object: UUID
    }

    private let directory: SubjectDirectory
    private let ledger: CreditLedger
    private let handles = Mutex(GenerationalCache<Person, ActorHandle>(capacity: capacity))

    init(directory: SubjectDirectory, ledger: CreditLedger) {
        self.directory = directory
        self.ledger = ledger
    }

    func handle(of object: UUID, in tenant: TenantID) async throws -> ActorHandle {
        let person = Person(tenant: tenant, object: object)
        if let known = handles.withLock({ $0.find(person) }) { return known }
        let handle = try await directory.handle(of: object, in: tenant)
        try await ledger.register(
            tenant: tenant, subject: handle, by: Requester(actor: handle, request: nil))
        handles.withLock { $0.insert(handle, for: person) }
        return handle
    }
}
