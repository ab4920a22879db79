import AuditLog
import EventStore
import Foundation
import Sealing

/// One person of each tenant, asked for once, however many ask at the same time.
actor People {
    private static let object = UUID()

    private var asked: [TenantID: Task<SubjectKey, any Error>] = [:]

    func person(of tenant: TenantID, in directory: SubjectDirectory) async throws -> SubjectKey {
        if let task = asked[tenant] { return try await task.value }
        let task = Task { try await directory.subject(of: Self.object, in: tenant) }
        asked[tenant] = task
        return try await task.value
    }
}
