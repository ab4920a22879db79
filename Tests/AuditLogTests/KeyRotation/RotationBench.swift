import AuditLog
import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Retention
import Sealing

/// A log whose keys are wrapped by a folder of keys of its own.
struct RotationBench: Sendable {
    let bench: Bench
    let folder: KeyFolder
    /// As the service that appends has them.
    let keys: KeyEncryptionKeys

    static func with(_ body: @Sendable (RotationBench) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "zentriq-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let folder = KeyFolder(path: path)
        _ = try folder.generate()
        let keys = try folder.read()
        try await Bench.with(keys: keys) { bench in
            try await body(RotationBench(bench: bench, folder: folder, keys: keys))
        }
    }

    /// As another process would have it.
    func rotator() throws -> KeyRotator {
        KeyRotator(
            log: Bench.log, reader: bench.reader, ledger: bench.ledger,
            configuration: try bench.database.configuration(role: .retention), keys: try folder.read())
    }

    /// A capture of a person of a new tenant; the person's key.
    @discardableResult
    func person() async throws -> SubjectKey {
        let client = Client(bench)
        try await client.grant(3)
        try await client.capture()
        return try await bench.person(of: client.tenant)
    }

    func destroy(_ key: SubjectKey) async throws {
        let connection = try await bench.database.connect(role: .owner)
        try await connection.query(
            "SELECT zentriq.forget_subject($1, $2, $3)",
            [.int4(Bench.log.rawValue), .uuid(key.tenant), .uuid(key.subject)])
        await connection.close()
    }

    /// How many rows of the two tables meet a condition.
    func rows(_ condition: String) async throws -> Int64 {
        let owner = try await bench.database.connect(role: .owner)
        let count = try await owner.query(
            Statement(
                """
                SELECT (SELECT count(*) FROM zentriq.subject_keys WHERE \(condition))
                     + (SELECT count(*) FROM zentriq.sealing_keys WHERE \(condition))
                """)
        ).only().int64(0)
        await owner.close()
        return count
    }

    func events() async throws -> [KeyEncryptionEvent] {
        try await bench.reader.stream(StreamKey(.system, Streams.kek), of: .system).compactMap { event in
            guard case .keyEncryption(let event) = try DomainEvent(event) else { return nil }
            return event
        }
    }

    /// How many captures open with the keys that are in the folder now.
    func opened() async throws -> Int {
        let reader = LogReader(
            log: Bench.log, origin: Bench.origin, pool: bench.auditorPool,
            keys: SubjectKeys(origin: Bench.origin, keys: try folder.read()))
        return try await reader.all(from: LogPosition(0)).count { $0.type == "capture.recorded" && $0.closed == nil }
    }

    var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }
}
