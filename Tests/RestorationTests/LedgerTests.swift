import Billing
import BillingTesting
import EventStore
import Foundation
import PostgresTesting
import Restoration
import Retention
import RetentionTesting
import Testing
import TransparencyLog

@Suite("The erasure ledger", .serialized, .timeLimit(.minutes(20)))
struct LedgerTests {
    @Test("holds what belongs into it and nothing else, each with its proof; written again, it is the same")
    func content() async throws {
        try await Self.with { bench, folder in
            let gate = try bench.gate(folder)
            let ledger = try #require(try await gate.ledger(.all))
            #expect(ledger.entries.map(\.stream.name) == ["policy", "hold", "hold"])
            #expect(try await gate.standing(to: ledger) == .current(ahead: 0))
            let files = try Self.files(folder)
            try await bench.ledgerWriter(folder).write()
            #expect(try Self.files(folder) == files)
            let modes = try files.keys.map { path in
                try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(path)")[.posixPermissions] as? Int
            }
            #expect(Set(modes) == [0o600])
            // Nothing that tells who anybody is, nor of what they did.
            let client = Client(bench)
            try await client.grant(1)
            try await client.capture()
            try await bench.ledgerWriter(folder).write()
            #expect(try Self.files(folder).count == files.count)
        }
    }

    @Test("older than its log is what it always is; several writers at once do no harm")
    func normal() async throws {
        try await Self.with { bench, folder in
            for _ in 0..<3 { try await Client(bench).grant(1) }
            let gate = try bench.gate(folder)
            let ahead = try await bench.size() - (try #require(try await gate.ledger(.newest))).size
            #expect(try await gate.standing(to: gate.ledger(.newest)) == .current(ahead: ahead))
            #expect(ahead >= 3)
            try await gate.requireOpen()
            _ = try await bench.place(LegalHold.Scope())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try await bench.ledgerWriter(folder).write() } }
                try await group.waitForAll()
            }
            let ledger = try #require(try await gate.ledger(.all))
            #expect(ledger.entries.count == 4)
            #expect(try await gate.standing(to: ledger) == .current(ahead: 0))
        }
    }

    @Test("follows the log while the service runs")
    func follower() async throws {
        try await Self.with { bench, folder in
            let follower = LedgerFollower(
                writer: bench.ledgerWriter(folder), signal: bench.signal, clock: bench.clock.wallClock,
                logger: bench.logger)
            let task = Task { try await follower.run() }
            _ = try await bench.place(LegalHold.Scope())
            while try await bench.gate(folder).ledger(.all)?.entries.count != 4 {
                try await Task.sleep(for: .milliseconds(50))
            }
            task.cancel()
            try await task.value
        }
    }

    @Test("an entry that was written before its head was is believed, and tells how large the log was")
    func stray() async throws {
        try await Self.with { bench, folder in
            let head = try Data(contentsOf: folder.appending(path: "head"))
            _ = try await bench.place(LegalHold.Scope())
            try await bench.ledgerWriter(folder).write()
            try head.write(to: folder.appending(path: "head"))
            let ledger = try #require(try await bench.gate(folder).ledger(.newest))
            #expect(ledger.entries.count == 1)
            #expect(ledger.size == (try await bench.size()))
            #expect(ledger.size > ledger.head.size)
            // A process that died there goes on.
            try await bench.ledgerWriter(folder).write()
            #expect(try #require(try await bench.gate(folder).ledger(.all)).entries.count == 4)
        }
    }

    @Test("goes on when the log's key was handed over, and knows both keys")
    func handover() async throws {
        try await Self.with { bench, folder in
            try await bench.database.handOver()
            let gate = try bench.gate(folder)
            #expect(try await gate.ledger(.all) != nil)
            try await bench.ledgerWriter(folder).write()
            // Whoever knows the first key only follows the hand-over in the ledger.
            let roots = [try Bench.signer.verifier]
            let ledger = try #require(
                try Ledger.read(folder.path, origin: Bench.origin, roots: roots, handovers: []))
            #expect(ledger.signer == (try Bench.nextSigner.verifier))
        }
    }

    @Test("that is missing, empty or can't be written is refused in words")
    func unusable() async throws {
        try await Bench.with { bench in
            try await bench.adopt()
            let none = URL(filePath: "/nowhere-\(UUID())")
            await #expect(throws: RestoreRefusal.unusable("\(none.path): No such file or directory")) {
                try await bench.gate(none).requireOpen()
            }
            await #expect(throws: RestoreRefusal.unusable("\(none.path): No such file or directory")) {
                try await bench.ledgerWriter(none).write()
            }
            // Nobody can write there, whoever they are.
            let readOnly = URL(filePath: "/proc")
            await #expect(throws: RestoreRefusal.empty(folder: "/proc")) {
                try await bench.gate(readOnly).requireOpen()
            }
            await #expect {
                try await bench.ledgerWriter(readOnly).write()
            } throws: { error in
                "\(error)".hasPrefix("the erasure ledger can't be used: /proc/entries-1: ")
            }
        }
    }

    @Test("that is of another log, or signed by somebody else, is refused")
    func strangers() async throws {
        try await Self.with { bench, folder in
            let own = try Bench.signer.verifier
            let other = try NoteSigner(name: KeyName(Bench.origin), seed: [UInt8](repeating: 9, count: 32)).verifier
            #expect(throws: RestoreRefusal.damaged("it is of the log \(Bench.origin), not of log.example.com/x")) {
                try Ledger.read(folder.path, origin: "log.example.com/x", roots: [own], handovers: [])
            }
            #expect(
                throws: RestoreRefusal.damaged(
                    "its newest checkpoint is signed by \(own.text), which is no key of the log")
            ) {
                try Ledger.read(folder.path, origin: Bench.origin, roots: [other], handovers: [])
            }
        }
    }

    /// What somebody does to the folder, and a word of what is said of it.
    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let words: String
        /// Whether whoever only looks at the newest sees it, too.
        var isSeenAtOnce = false
        let apply: @Sendable (URL) throws -> Void

        init(_ name: String, _ words: String, atOnce: Bool = false, _ apply: @escaping @Sendable (URL) throws -> Void) {
            testDescription = name
            self.words = words
            isSeenAtOnce = atOnce
            self.apply = apply
        }
    }

    static let damages = [
        Damage("an entry was truncated", "is no proof") { try edit(try entry($0, 1)) { Data($0.prefix(100)) } },
        Damage("an entry is empty", "is no proof") { try edit(try entry($0, 1)) { _ in Data() } },
        Damage("an entry was edited", "is no proof") { try replace("extra ", "extra A", in: try entry($0, 0)) },
        Damage("an entry says another position", "the tree of the checkpoint has no such position") {
            let digits = try String(contentsOf: try entry($0, 0), encoding: .utf8).firstMatch(of: /index ([0-9]+)\n/)?.1
            try replace("index \(digits ?? "")\n", "index 4711\n", in: try entry($0, 0))
        },
        Damage("an entry lies under another name", "holds another position") {
            try FileManager.default.moveItem(
                at: try entry($0, 0), to: $0.appending(path: "entries-1/00000000000000000000.tlog-proof"))
        },
        Damage("an entry was removed", "it has 2 entries, and should have 3", atOnce: true) {
            try FileManager.default.removeItem(at: try entry($0, 2))
        },
        Damage("all entries were removed", "it has 0 entries, and should have 3", atOnce: true) {
            try FileManager.default.removeItem(at: $0.appending(path: "entries-1"))
        },
        Damage("a file lies among the entries", "does not belong there", atOnce: true) {
            try Data("x".utf8).write(to: $0.appending(path: "entries-1/notes.txt"))
        },
        Damage("an entry is a folder", "can't be used") {
            let path = try entry($0, 0)
            try FileManager.default.removeItem(at: path)
            try FileManager.default.createDirectory(at: path, withIntermediateDirectories: false)
        },
        Damage("an entry is a link", "can't be used") {
            let path = try entry($0, 0)
            let moved = $0.appending(path: "moved")
            try FileManager.default.moveItem(at: path, to: moved)
            try FileManager.default.createSymbolicLink(at: path, withDestinationURL: moved)
        },
        Damage("the head is empty", "its head is empty", atOnce: true) { try edit(head($0)) { _ in Data() } },
        Damage("the head was truncated", "its head is not strict JSON", atOnce: true) {
            try edit(head($0)) { Data($0.dropLast(20)) }
        },
        Damage("the head is of another format", "another format", atOnce: true) {
            try replace("ledger/v1", "ledger/v2", in: head($0))
        },
        Damage("the head counts wrong", "should have 4", atOnce: true) {
            try replace("\"count\":\"3\"", "\"count\":\"4\"", in: head($0))
        },
        Damage("the head says more than it should", "more than it should", atOnce: true) {
            try replace("\"count\"", "\"a\":1,\"count\"", in: head($0))
        },
        Damage("the head's digest is another one", "not those that were written") {
            try edit(head($0)) { data in
                let text = String(decoding: data, as: UTF8.self)
                return Data(text.replacing(/"digest":"[^"]*"/) { _ in "\"digest\":\"\(zeros)\"" }.utf8)
            }
        },
        Damage("the checkpoint's size was changed", "does not hold", atOnce: true) {
            try replace("\(Bench.origin)\\n", "\(Bench.origin)\\n1", in: head($0))
        },
        Damage("another history's head lies there, with no entries", "it has 0 entries", atOnce: true) {
            try replace("\"generation\":\"1\"", "\"generation\":\"2\"", in: head($0))
        },
    ]

    @Test("is refused when anything in it was changed", arguments: damages)
    func damaged(damage: Damage) async throws {
        try await Self.shared.use { bench in
            let folder = try Self.folder()
            defer { try? FileManager.default.removeItem(at: folder) }
            try await Self.fill(bench, folder)
            try damage.apply(folder)
            let gate = try bench.gate(folder)
            await #expect { try await gate.ledger(.all) } throws: { error in
                let isNamed = error is RestoreRefusal && "\(error)".contains(damage.words)
                if !isNamed { print("LEDGER | \(damage.testDescription) | \(error)") }
                return isNamed
            }
            if damage.isSeenAtOnce {
                await #expect(throws: RestoreRefusal.self) { try await gate.requireOpen() }
            }
        }
    }

    // MARK: Support

    private static let zeros = Data(repeating: 0, count: 32).base64EncodedString()
    private static let shared = SharedBench()

    private static func with(_ body: @Sendable (Bench, URL) async throws -> Void) async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try await Bench.with { bench in
            try await fill(bench, folder)
            try await body(bench, folder)
        }
    }

    /// A policy, a hold and its release: three entries.
    private static func fill(_ bench: Bench, _ folder: URL) async throws {
        if try await bench.number("SELECT count(*) FROM zentriq.events WHERE stream_id = 'hold'") == 0 {
            try await Client(bench).grant(1)
            try await bench.adopt()
            try await bench.release(try await bench.place(LegalHold.Scope()))
        }
        try await bench.ledgerWriter(folder).write()
    }

    private static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Of all files, by path within the folder.
    private static func files(_ folder: URL) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            files[path] = try? Data(contentsOf: folder.appending(path: path))
        }
        return files
    }

    private static func head(_ folder: URL) -> URL { folder.appending(path: "head") }

    private static func entry(_ folder: URL, _ index: Int) throws -> URL {
        let entries = folder.appending(path: "entries-1")
        return entries.appending(
            path: try FileManager.default.contentsOfDirectory(atPath: entries.path).sorted()[index])
    }

    private static func edit(_ file: URL, _ change: (Data) throws -> Data) throws {
        try change(Data(contentsOf: file)).write(to: file)
    }

    private static func replace(_ old: String, _ new: String, in file: URL) throws {
        try edit(file) { data in
            let text = String(decoding: data, as: UTF8.self)
            let changed = text.replacing(old, with: new, maxReplacements: 1)
            try #require(changed != text)
            return Data(changed.utf8)
        }
    }
}
