import AuditLog
import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Sealing
import Testing

@Suite("Rotation of the key-encryption key", .serialized, .timeLimit(.minutes(10)))
struct KeyRotationTests {
    @Test("rotated, wrapped anew and retired: everything opens with what is left, and nothing with what is gone")
    func whole() async throws {
        try await RotationBench.with { it in
            for _ in 0..<3 { try await it.person() }
            let old = try it.folder.read()
            let rotator = try it.rotator()
            #expect(try await rotator.rotate().version == 2)
            // The service that runs has not heard of it: it finds out when it wraps.
            try await it.person()
            #expect(try await it.rows("kek_version = 1") == 4)
            #expect(try await it.rows("kek_version = 2") == 1)
            #expect(try await rotator.rewrap() == 4)
            #expect(try await it.rows("kek_version = 1") == 0)
            #expect(try await it.opened() == 4)
            try await rotator.retire(1, dryRun: true)
            #expect(try it.files == ["1.key", "2.key"])
            try await rotator.retire(1)
            #expect(try it.files == ["2.key"])
            #expect(try await it.opened() == 4)
            try await it.person()
            #expect(try await it.opened() == 5)
            let fingerprint = try #require(try it.folder.read().key(2)).fingerprint
            #expect(
                try await it.events() == [
                    .activated(version: 2, provider: "folder", fingerprint: fingerprint),
                    .rewrapped(version: 2, count: 4), .retired(version: 1),
                ])
            let closed = try await LogReader(
                log: Bench.log, origin: Bench.origin, pool: it.bench.auditorPool,
                keys: SubjectKeys(origin: Bench.origin, keys: old)
            ).all(from: LogPosition(0)).filter { $0.type == "capture.recorded" }
            // The folder that the old keys came from has the new version, which is found there.
            #expect(closed.allSatisfy { $0.closed == nil })
            #expect(old.all.map(\.version) == [2])
        }
    }

    @Test("an independent script opens a row that was wrapped anew with the new key, and not with the old one")
    func independently() async throws {
        try await RotationBench.with { it in
            try await it.person()
            let before = try await Self.row(it)
            let rotator = try it.rotator()
            _ = try await rotator.rotate()
            try await rotator.rewrap()
            let after = try await Self.row(it)
            #expect(before.contains(#""kek_version" : 1"#) && after.contains(#""kek_version" : 2"#), "\(after)")
            #expect(try Self.opens(before, it) && Self.opens(after, it))
            try await rotator.retire(1)
            #expect(try !Self.opens(before, it) && Self.opens(after, it))
        }
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The row of the one capture, as docs/SEALING.md asks for it.
    private static func row(_ it: RotationBench) async throws -> String {
        let document = try String(contentsOf: root.appending(path: "docs/SEALING.md"), encoding: .utf8)
        let query = try #require(document.split(separator: "```sql\n").dropFirst().first?.split(separator: "```").first)
        let superuser = try await it.bench.database.connect(role: .superuser)
        let row = try await superuser.query(
            Statement(
                String(query).replacing(
                    "POSITION",
                    with: "(SELECT position FROM zentriq.events WHERE type = 'capture.recorded')"))
        ).only().string(0)
        await superuser.close()
        return row
    }

    private static func opens(_ row: String, _ it: RotationBench) throws -> Bool {
        let file = FileManager.default.temporaryDirectory.appending(path: "zentriq-\(UUID().uuidString).json")
        try Data(row.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [root.appending(path: "docs/examples/open_sealed.py").path, file.path, it.folder.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    @Test("done again, each step changes nothing, and tells nothing twice")
    func again() async throws {
        try await RotationBench.with { it in
            try await it.person()
            let rotator = try it.rotator()
            #expect(try await rotator.rewrap() == 0)
            _ = try await rotator.rotate()
            for count in [2, 0, 0] { #expect(try await rotator.rewrap() == Int64(count)) }
            for _ in 0..<2 { try await rotator.retire(1) }
            #expect(try await it.events().count == 3)
        }
    }

    @Test("a process that dies after any step is followed by one that finishes", arguments: 0...5)
    func crash(step: Int) async throws {
        try await RotationBench.with { it in
            for _ in 0..<3 { try await it.person() }
            let retention = try await it.bench.database.connect(role: .retention)
            // A version was made, and nothing knows of it.
            let made = try it.folder.generate()
            let event = KeyEncryptionEvent.activated(version: 2, provider: "folder", fingerprint: made.fingerprint)
            func record(_ event: KeyEncryptionEvent, after version: Int64) async throws {
                _ = try await it.bench.ledger.record(
                    event.newEvent, in: Streams.kek, after: StreamVersion(version),
                    by: Requester(actor: nil, request: nil))
            }
            if step >= 1 { try await record(event, after: 0) }
            if step >= 2 { try await retention.query("SELECT zentriq.activate_key_epoch(1, 2)") }
            if step >= 3 {
                // Some rows, or all of them and no event.
                let database = KeyEpochDatabase(log: Bench.log, origin: Bench.origin, connection: retention)
                for kind in WrappedKeyKind.all {
                    _ = try await database.rewrap(
                        kind, of: 1, after: "", limit: step == 3 ? 2 : 100, with: it.folder.read())
                }
            }
            if step >= 4 { try await record(.rewrapped(version: 2, count: 4), after: 1) }
            if step >= 5 {
                #expect(try await retention.query("SELECT zentriq.retire_key_epoch(1, 1)").only().int64(0) == 0)
            }
            await retention.close()

            let rotator = try it.rotator()
            if step < 2 { #expect(try await rotator.rotate().version == 2) }
            try await rotator.rewrap()
            try await rotator.retire(1)
            #expect(try await it.rows("kek_version <> 2") == 0)
            #expect(try it.files == ["2.key"])
            #expect(try await it.opened() == 3)
            let events = try await it.events()
            #expect(events.first == event && events.last == .retired(version: 1) && events.count == 3, "\(events)")
        }
    }

    @Test("captures go on and people are forgotten while keys are wrapped anew: nobody comes back, and nobody is left")
    func concurrently() async throws {
        try await RotationBench.with { it in
            let seed = Seeds.fresh(1)[0]
            var random = SplitMix64(seed: seed)
            var people: [SubjectKey] = []
            for _ in 0..<40 { people.append(try await it.person()) }
            let gone = people.shuffled(using: &random).prefix(20)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let rotator = try it.rotator()
                    for _ in 0..<3 {
                        _ = try await rotator.rotate()
                        try await rotator.rewrap()
                    }
                }
                group.addTask { for key in gone { try await it.destroy(key) } }
                for _ in 0..<2 { group.addTask { for _ in 0..<15 { try await it.person() } } }
                try await group.waitForAll()
            }
            try await it.rotator().rewrap()
            #expect(try await it.rows("wrapped IS NOT NULL AND kek_version <> 4") == 0, "seed \(seed)")
            #expect(try await it.opened() == 50, "seed \(seed)")
            for version in 1...3 { try await it.rotator().retire(Int32(version)) }
            #expect(try await it.opened() == 50, "seed \(seed)")
        }
    }

    @Test("the database lets only the active version wrap, brings nothing back, and retires nothing that is in use")
    func database() async throws {
        try await RotationBench.with { it in
            let (kept, gone) = (try await it.person(), try await it.person())
            try await it.destroy(gone)
            let rotator = try it.rotator()
            await #expect(throws: KeyRotator.Refusal.wraps(1)) { try await rotator.retire(1) }
            await #expect(throws: KeyRotator.Refusal.unknown(2)) { try await rotator.retire(2) }
            _ = try await rotator.rotate()
            for dryRun in [true, false] {
                await #expect(throws: KeyRotator.Refusal.inUse(1, 2)) { try await rotator.retire(1, dryRun: dryRun) }
            }
            #expect(try it.files == ["1.key", "2.key"])
            let retention = try await it.bench.database.connect(role: .retention)
            for (statement, key, constraint) in [
                ("kek_version = 1, wrapped = decode(repeat('01', 61), 'hex')", kept, "key_epoch_active"),
                ("kek_version = 3, wrapped = decode(repeat('01', 61), 'hex')", kept, "key_epoch_active"),
                ("kek_version = 2, wrapped = decode(repeat('01', 61), 'hex')", gone, "key_destroyed"),
            ] {
                let error = await #expect(throws: PostgresError.self) {
                    try await retention.query(
                        Statement("UPDATE zentriq.subject_keys SET \(statement) WHERE key_id = $1"), [.uuid(key.id)])
                }
                #expect(error?.constraint == constraint, "\(statement)")
            }
            for (statement, state) in [
                ("UPDATE zentriq.subject_keys SET destroyed_at = now()", "42501"),
                ("UPDATE zentriq.subject_keys SET wrapped = NULL WHERE wrapped IS NOT NULL", "23514"),
                ("DELETE FROM zentriq.subject_keys", "42501"),
                ("INSERT INTO zentriq.key_encryption_keys VALUES (1, 9, 'active')", "42501"),
                ("UPDATE zentriq.key_encryption_keys SET state = 'active'", "42501"),
                // The log does not say so.
                ("SELECT zentriq.activate_key_epoch(1, 3)", "P0002"),
                // A step back.
                ("SELECT zentriq.activate_key_epoch(1, 2)", "23505"),
                ("SELECT zentriq.retire_key_epoch(1, 2)", "55000"),
            ] {
                let error = await #expect(throws: PostgresError.self) {
                    try await retention.query(Statement(statement))
                }
                #expect(error?.sqlState == state, "\(statement): \(error as Any)")
            }
            await retention.close()
        }
    }

    @Test("one rotates at a time; a key that does not open stays as it is and is told; nothing is rotated without keys")
    func refusals() async throws {
        try await RotationBench.with { it in
            let key = try await it.person()
            let other = try await it.bench.database.connect(role: .retention)
            #expect(
                try await KeyEpochDatabase(log: Bench.log, origin: Bench.origin, connection: other).takeLease())
            await #expect(throws: KeyRotator.Refusal.busy) { try await it.rotator().rotate() }
            await other.close()
            while await Self.isBusy(it) { try await Task.sleep(for: .milliseconds(10)) }

            try await it.bench.asSuperuser(
                (
                    "UPDATE zentriq.subject_keys SET wrapped = set_byte(wrapped, 60, get_byte(wrapped, 60) # 1) WHERE key_id = $1",
                    [.uuid(key.id)]
                ))
            _ = try await it.rotator().rotate()
            let error = await #expect(throws: KeyRotator.Refusal.self) { try await it.rotator().rewrap() }
            guard case .unreadable(1, let first)? = error else { return #expect(Bool(false), "\(error as Any)") }
            #expect(first.contains(key.id.uuidString.lowercased()))
            #expect(try await it.rows("kek_version = 1") == 1)
            await #expect(throws: KeyRotator.Refusal.inUse(1, 1)) { try await it.rotator().retire(1) }

            // A version that is not at hand is no reason to pass over a row.
            try FileManager.default.removeItem(atPath: it.folder.path + "/1.key")
            await #expect(throws: SealingError.noVersion(1)) { try await it.rotator().rewrap() }
            let inMemory = KeyRotator(
                log: Bench.log, reader: it.bench.reader, ledger: it.bench.ledger,
                configuration: try it.bench.database.configuration(role: .retention),
                keys: KeyEncryptionKeys(KeyEncryptionKey(randomWithVersion: 3)))
            await #expect(throws: KeyRotator.Refusal.notKept) { try await inMemory.rotate() }
        }
    }

    private static func isBusy(_ it: RotationBench) async -> Bool {
        do { try await it.rotator().rewrap() } catch KeyRotator.Refusal.busy { return true } catch {}
        return false
    }

    @Test("a version whose file anybody else may read, or that holds no key, is not rotated to")
    func badFiles() async throws {
        try await RotationBench.with { it in
            try await it.person()
            let file = it.folder.path + "/2.key"
            for (text, mode) in [("x", 0o400), (Data(count: 32).base64EncodedString() + "\n", 0o444)] {
                #expect(FileManager.default.createFile(atPath: file, contents: Data(text.utf8)))
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
                await #expect(throws: KeyProviderError.self) { try await it.rotator().rotate() }
                try FileManager.default.removeItem(atPath: file)
            }
            #expect(try await it.events().isEmpty)
            #expect(try await it.bench.size() == 4)
        }
    }

    @Test("what is due follows from the age: nothing before 80 days, a warning then, overdue at 90")
    func status() async throws {
        try await RotationBench.with { it in
            try await it.person()
            let rotator = try it.rotator()
            for (days, due, overdue) in [(0, false, false), (79, false, false), (80, true, false), (90, true, true)] {
                let now = it.bench.clock.now.adding(seconds: Int64(days) * 86_400 + 3_600)
                let status = try await rotator.status(at: now)
                #expect(status.ageDays == Int64(days))
                #expect(status.due.isEmpty != due && status.isOverdue == overdue, "\(days): \(status.due)")
            }
            it.bench.clock.advance(seconds: 92 * 86_400)
            _ = try await rotator.rotate()
            var status = try await rotator.status(at: it.bench.clock.now)
            #expect(status.due == ["old versions still wrap keys: zentriq keys kek rewrap"] && !status.isOverdue)
            #expect(status.versions.map(\.count) == [2, 0] && status.ageDays == 0)
            try await rotator.rewrap()
            status = try await rotator.status(at: it.bench.clock.now)
            #expect(status.due == ["version 1 wraps nothing any more: zentriq keys kek retire 1"])
            try await rotator.retire(1)
            status = try await rotator.status(at: it.bench.clock.now)
            #expect(status.due.isEmpty && status.versions.map(\.epoch?.state) == [.retired, .active])
        }
    }
}
