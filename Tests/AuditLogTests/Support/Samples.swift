import Billing
import Foundation
import TransparencyLog

@testable import EventStore

/// One event of every type, as the log could hold it.
enum Samples {
    static let origin = "log.example.com/billing"
    static let tenant = TenantID(UUID(uuid: (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)))

    static func event(_ type: EventType, data: String = "{}", actor: ActorHandle? = nil) -> RecordedEvent {
        let name = type.category == "subject" ? "subject-5d3cbd36-6f45-4b52-8a3e-0f5f4f6c2a11" : type.category
        guard let stream = StreamID(name) else { preconditionFailure("\(name) is no stream") }
        return RecordedEvent(
            position: LogPosition(9_007_199_254_740_993), recordedAt: EventTime(microseconds: 1_767_323_045_678_901),
            stream: StreamKey(tenant, stream), version: StreamVersion(3),
            id: UUID(uuid: (2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2)), actor: actor,
            request: UUID(uuid: (3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3)), type: type.name,
            schemaVersion: type.schemaVersion, retention: type.retention, salt: [UInt8](repeating: 4, count: 32),
            data: Array(data.utf8), commitment: MerkleTree.emptyRoot)
    }

    /// As it is stored, in the samples of the catalog's tests.
    static func payload(of type: EventType) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = folder.appending(path: "BillingTests/Samples/\(type.name).v\(type.schemaVersion).json")
        return try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
    }
}
