import AuditLog
import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Restoration
import Retention
import RetentionTesting
import Synchronization
import Testing
import TransparencyLog
import Verification

@Suite("A restore from a backup", .timeLimit(.minutes(20)))
struct RestoreTests {
    @Test("closes the gate; what was lost is told, done again in its order, and the gate opens")
    func wholeStory() async throws {
        try await LostHistory.with { history in
            try await history.restored { database in
                let size = try await Bench.on(database) { bench in
                    let size = try await bench.size()
                    let gate = try bench.gate(history.folder)
                    let ledger = try #require(try await gate.ledger(.all))
                    let standing = try await gate.standing(to: ledger)
                    #expect(standing == .behind(size: size, ledger: Int64(history.checkpoint.unverified.size)))
                    #expect(ledger.checkpoint == history.checkpoint)
                    await #expect(throws: RestoreRefusal.behind(size: size, ledger: ledger.size)) {
                        try await gate.requireOpen()
                    }
                    // Nor does a service that was running write on.
                    await #expect(throws: RestoreRefusal.self) { try await bench.ledgerWriter(history.folder).write() }
                    let follower = LedgerFollower(
                        writer: bench.ledgerWriter(history.folder), signal: bench.signal,
                        clock: bench.clock.wallClock, logger: bench.logger)
                    await #expect(throws: RestoreRefusal.behind(size: size, ledger: ledger.size)) {
                        try await follower.run()
                    }
                    let from = try await gate.firstDifference(standing, to: ledger)
                    #expect(from == LogPosition(size))
                    #expect(try await bench.plan(ledger, from: from).words == Self.words(history))
                    #expect(try await bench.captures(of: history.erased.tenant) == 3)
                    return size
                }
                try await database.handOver()
                try await Bench.on(database, signer: Bench.nextSigner) { bench in
                    let gate = try bench.gate(history.folder)
                    let ledger = try #require(try await gate.ledger(.all))
                    let done = try await bench.restorer().apply(ledger, from: LogPosition(size))
                    #expect(done.plan.words == Self.words(history))
                    #expect(done.tokens == 2)
                    try await Self.expectApplied(bench, history)
                    #expect(try await gate.standing(to: ledger) == .applying(from: LogPosition(size)))
                    try await bench.ledgerWriter(history.folder).beginAnew(after: ledger.head)
                    try await gate.requireOpen()
                    let next = try #require(try await gate.ledger(.all))
                    #expect(try await gate.standing(to: next) == .current(ahead: 0))
                    #expect(next.signers == [try Bench.signer.verifier, try Bench.nextSigner.verifier])
                    // The first new event says so, under the new key.
                    let first = try await bench.auditorReader.all(from: LogPosition(size), limit: 1)
                    guard case .restored(let restored) = try DomainEvent(try #require(first.first)) else {
                        Issue.record("\(first)")
                        return
                    }
                    #expect(restored.lost == history.checkpoint && restored.from == LogPosition(size))
                    // The old one is kept.
                    for name in ["head-1", "entries-1", "entries-2"] {
                        #expect(FileManager.default.fileExists(atPath: "\(history.folder.path)/\(name)"))
                    }
                    try await bench.ledgerWriter(history.folder).write()
                }
            }
        }
    }

    @Test("applied and killed before any of its steps, it goes on, and a second run does nothing")
    func killed() async throws {
        try await LostHistory.with { history in
            try await history.restored { database in
                let size = try await Bench.on(database) { try await $0.size() }
                try await database.handOver()
                struct Killed: Error {}
                for count in 0..<3 {
                    try await Bench.on(database, signer: Bench.nextSigner) { bench in
                        let gate = try bench.gate(history.folder)
                        let ledger = try #require(try await gate.ledger(.all))
                        await #expect(throws: Killed.self) {
                            let steps = Countdown(count == 0 ? 0 : 1)
                            _ = try await bench.restorer().apply(ledger, from: LogPosition(size)) { _ in
                                if steps.isOver { throw Killed() }
                            }
                        }
                        await #expect(throws: RestoreRefusal.applying) { try await gate.requireOpen() }
                    }
                }
                try await Bench.on(database, signer: Bench.nextSigner) { bench in
                    let gate = try bench.gate(history.folder)
                    let ledger = try #require(try await gate.ledger(.all))
                    let first = try await bench.restorer().apply(ledger, from: LogPosition(size))
                    #expect(first.plan.words == Self.words(history).suffix(1))
                    try await Self.expectApplied(bench, history)
                    let end = try await bench.size()
                    let second = try await bench.restorer().apply(ledger, from: LogPosition(size))
                    #expect(second.plan.isEmpty && second.swept == 0 && second.tokens == 0)
                    #expect(try await bench.size() == end)
                    try await bench.ledgerWriter(history.folder).beginAnew(after: ledger.head)
                    // Begun anew twice: the first one stands.
                    await #expect(throws: RestoreRefusal.self) {
                        try await bench.ledgerWriter(history.folder).beginAnew(after: ledger.head)
                    }
                    try await gate.requireOpen()
                }
            }
        }
    }

    @Test("of a log that was written to before anybody noticed is another history, and is applied all the same")
    func otherHistory() async throws {
        try await LostHistory.with { history in
            try await history.restored { database in
                let (size, from) = try await Bench.on(database) { bench in
                    let client = Client(bench)
                    while try await bench.size() < Int64(history.checkpoint.unverified.size) + 5 {
                        try await client.check()
                    }
                    let gate = try bench.gate(history.folder)
                    let ledger = try #require(try await gate.ledger(.all))
                    let standing = try await gate.standing(to: ledger)
                    let size = try await bench.size()
                    #expect(standing == .otherHistory(size: size, ledger: ledger.size))
                    await #expect(throws: RestoreRefusal.self) { try await bench.ledgerWriter(history.folder).write() }
                    return (size, try await gate.firstDifference(standing, to: ledger))
                }
                // What the ledger knows for certain: its first entries, written when the backup was made.
                #expect(from.rawValue > 0 && from < LogPosition(size))
                try await database.handOver()
                try await Bench.on(database, signer: Bench.nextSigner) { bench in
                    let gate = try bench.gate(history.folder)
                    let ledger = try #require(try await gate.ledger(.all))
                    _ = try await bench.restorer().apply(ledger, from: from)
                    try await Self.expectApplied(bench, history)
                    try await bench.ledgerWriter(history.folder).beginAnew(after: ledger.head)
                    try await gate.requireOpen()
                }
            }
        }
    }

    @Test("is known to the verifier, which has seen what was lost; the same key signing on is a finding")
    func verification() async throws {
        try await LostHistory.with { history in
            let signer = try Bench.signer.verifier
            let text = signer.text + "\n" + String(decoding: history.checkpoint.encoded(), as: UTF8.self)
            let seen = try SeenCheckpoint(parsing: text)
            try await history.restored { database in
                let (size, before) = try await Bench.on(database) { bench in
                    (try await bench.size(), try await bench.verify(seen))
                }
                #expect(!before.isGood && before.restorations.isEmpty)
                try await database.handOver()
                try await Bench.on(database, signer: Bench.nextSigner) { bench in
                    let ledger = try #require(try await bench.gate(history.folder).ledger(.all))
                    _ = try await bench.restorer().apply(ledger, from: LogPosition(size))
                    try await bench.buildTiles()
                    let report = try await bench.verify(seen)
                    #expect(report.isGood, "\(report.findings.kept)")
                    #expect(report.restorations.map(\.restored.lost) == [history.checkpoint])
                }
            }
            try await history.restored { database in
                try await Bench.on(database) { bench in
                    let restored = LogRestored(
                        from: LogPosition(try await bench.size()), lost: history.checkpoint, signer: signer)
                    _ = try await bench.ledger.record(
                        restored.newEvent, in: Streams.restoration, after: .none, by: Client.requester)
                    let report = try await bench.verify(seen)
                    #expect(report.findings.kept.contains { $0.reason.contains("signs other events in its place") })
                }
            }
        }
    }

    @Test("without a ledger that can be written, an erasure does not become complete")
    func incomplete() async throws {
        try await Bench.with { bench in
            let client = Client(bench)
            try await client.grant(10)
            try await client.capture()
            try await bench.fillBundle(client)
            let person = Client.Person(
                tenant: client.tenant, handle: try await bench.person(of: client.tenant).handle)
            let request = try await bench.begin(person)
            var driver = try bench.driver()
            driver.isKeptOutside = { _ in false }
            for _ in 0..<3 {
                _ = try await driver.advance(request)
                try await bench.buildTiles()
            }
            #expect(try await driver.advance(request)?.process.stage == .keysDestroyed)
            driver.isKeptOutside = { _ in throw RestoreRefusal.unusable("gone") }
            let stuck = driver
            await #expect(throws: RestoreRefusal.self) { try await stuck.advance(request) }
            driver.isKeptOutside = { _ in true }
            #expect(try await driver.advance(request)?.process.isComplete == true)
        }
    }

    // MARK: Support

    private static func words(_ history: LostHistory) -> [String] {
        [
            "release \(history.released)", "erase \(history.request) to certified", "place \(history.placed)",
        ]
    }

    private static func expectApplied(_ bench: Bench, _ history: LostHistory) async throws {
        #expect(try await bench.captures(of: history.erased.tenant) == 0)
        #expect(try await bench.captures(of: history.other) == 3)
        let behind = try await bench.subjects.person(behind: history.erased.handle, in: history.erased.tenant)
        #expect(behind == nil)
        #expect(
            try await bench.number(
                "SELECT count(*) FROM zentriq.subject_keys WHERE subject = '\(history.erased.handle.rawValue)' "
                    + "AND wrapped IS NOT NULL") == 0)
        // Nobody leases with a token of the backup, those who have disconnected since included.
        #expect(try await bench.number("SELECT count(*) FROM zentriq.vault_tokens") == 0)
        #expect(
            try await bench.number(
                """
                SELECT count(*) FROM zentriq.events
                WHERE type = 'token.disconnected' AND data::jsonb ->> 'reason' = 'restored'
                """) == 2)
        let holds = try await HoldRegister(reader: bench.reader).all().entries
        #expect(holds.filter { $0.isInForce(at: bench.clock.now) }.map(\.hold.id) == [history.placed])
        let erasure = try #require(try await bench.erasures.erasure(history.request))
        #expect(erasure.process.isComplete && erasure.begun.lostPosition != nil)
        try await bench.buildTiles()
        let report = try await bench.verify()
        #expect(report.isGood, "\(report.findings.kept)")
    }
}

/// Over after so many looks at it.
private final class Countdown: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    var isOver: Bool {
        left.withLock { left in
            left -= 1
            return left < 0
        }
    }
}
