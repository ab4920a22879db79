import Billing
import CanonicalJSON
import Crypto
package import EventStore
import Foundation
package import Logging
import Metrics
package import Postgres
import Retention
package import Sealing

/// Reads the server's log and records what staff does: line for line, each once, whatever stops whom at any point.
package actor Recorder {
    package struct Configuration: Sendable {
        /// With the server's JSON log files.
        package var directory: String
        /// How long a recorder that has died keeps others from recording.
        package var leaseSeconds: Int32 = 20
        package var renewal = Duration.seconds(5)
        /// How often the server itself is looked at.
        package var lookInterval = Duration.seconds(5)
        /// How often a log file is compared with what was read of it: all of it is read again.
        package var verifyInterval = ServerLogReader.verifyInterval
        /// How long a mark may be under way.
        package var markPatience = Duration.seconds(20)

        package init(directory: String) {
            self.directory = directory
        }
    }

    package enum Outcome: Sendable, Equatable {
        /// Another process records.
        case waiting
        /// Everything that there was is recorded.
        case idle
        case busy
    }

    private struct Look {
        let view: ServerView
        let mark: UUID
        let madeAt: Int64
        let since: ContinuousClock.Instant
    }

    private let configuration: Configuration
    private let log: LogID
    private let origin: String
    private let keys: KeyEncryptionKeys
    private let database: RecorderDatabase
    private let writer: CreditLedger.RowWriter
    private let clock: WallClock
    private let logger: Logger
    private let holder = UUID()

    private var reader: ServerLogReader
    private var key: RecordKey?
    private var prefix: String?
    private var superusers: Set<String>?
    private var heldSince: ContinuousClock.Instant?
    private var cursor: LogCursor?
    private var state = RecorderState()
    private var others: [String: Int64] = [:]
    /// Read after the cursor, and not recorded yet.
    private var pending: LogChunk?
    private var look: Look?
    private var lookedAt: ContinuousClock.Instant?

    /// - Parameter pool: with the role `zentriq_recorder`, three connections or more.
    package init(
        _ configuration: Configuration, log: LogID, signer: LogSigner, pool: PostgresPool, keys: KeyEncryptionKeys,
        clock: WallClock, signal: CommitSignal, logger: Logger
    ) {
        self.configuration = configuration
        self.log = log
        origin = signer.origin
        self.keys = keys
        database = RecorderDatabase(log: log, pool: pool)
        writer = CreditLedger.RowWriter(log: log, signer: signer, pool: pool, clock: clock, signal: signal)
        self.clock = clock
        self.logger = logger
        reader = ServerLogReader(
            directory: configuration.directory, verifyInterval: configuration.verifyInterval)
    }

    /// One batch: read, compared, recorded. What fails is done again in the next round.
    package func round() async throws -> Outcome {
        guard try await hold() else { return .waiting }
        let prefix = try await prepare()
        let chunk: LogChunk
        if let pending { chunk = pending } else { chunk = try await reader.read(after: cursor) }
        pending = chunk
        // Now: whatever is written to the log from here on comes with a later chunk, also when this one is the first.
        try await lookIfDue(prefix)
        let roles = chunk.lines.compactMap { $0?.user }.filter { LogTracker.isStaff($0, prefix: prefix) }
        var tracker = LogTracker(
            state, others: others,
            LogTracker.Surroundings(
                prefix: prefix, superusers: superusers ?? [],
                accesses: try await database.accesses(of: Set(roles))))
        let now = clock.now()
        for (finding, file) in chunk.findings { tracker.take(finding, file: file, now: now) }
        for line in chunk.lines { tracker.take(line, file: chunk.cursor?.file ?? "-", now: now) }
        let heard = judgeMark(&tracker, at: now)
        try await record(tracker, chunk, heardAt: heard?.madeAt)
        measure(tracker, chunk)
        if heard != nil { look = nil }
        return chunk.lines.isEmpty ? .idle : .busy
    }

    // MARK: Before

    private func hold() async throws -> Bool {
        if let heldSince, heldSince.duration(to: .now) < configuration.renewal { return true }
        let before = ContinuousClock.now
        guard let lease = try await database.hold(holder, seconds: configuration.leaseSeconds) else {
            (heldSince, pending, look) = (nil, nil, nil)
            return false
        }
        // Somebody else came in between, or it is not known what became of the last batch.
        if heldSince == nil {
            if lease.cursor != cursor || cursor == nil {
                (pending, others) = (nil, [:])
                reader = ServerLogReader(
                    directory: configuration.directory, verifyInterval: configuration.verifyInterval)
            }
            (cursor, state) = (lease.cursor, lease.state)
        }
        heldSince = before
        return true
    }

    private func prepare() async throws -> String {
        if key == nil {
            key = try await RecorderDatabase.key(
                of: log, origin: origin, keys: keys, pool: database.pool, isMaking: true)
        }
        let prefix: String
        if let known = self.prefix { prefix = known } else { prefix = try await database.rolePrefix() }
        self.prefix = prefix
        return prefix
    }

    private func lookIfDue(_ prefix: String) async throws {
        guard look == nil, lookedAt.map({ $0.duration(to: .now) >= configuration.lookInterval }) ?? true else { return }
        let (view, mark) = (try await database.view(prefix: prefix), UUID())
        // Afterwards: when the mark comes back, all that was seen has come before it.
        look = Look(view: view, mark: mark, madeAt: try await database.mark(mark), since: .now)
        lookedAt = .now
        superusers = view.superusers
    }

    /// - Returns: the look whose mark has come back.
    private func judgeMark(_ tracker: inout LogTracker, at now: EventTime) -> Look? {
        guard let look else { return nil }
        if tracker.marks.contains(look.mark) {
            tracker.hearMark()
            tracker.compare(look.view, at: now)
            return look
        }
        if look.since.duration(to: .now) >= configuration.markPatience {
            tracker.loseMark(at: now)
            self.look = nil
        }
        return nil
    }

    // MARK: The record

    private func record(_ tracker: LogTracker, _ chunk: LogChunk, heardAt: Int64?) async throws {
        let next = chunk.cursor ?? cursor
        guard next != cursor || tracker.state != state || !tracker.records.isEmpty || heardAt != nil else {
            pending = nil
            return
        }
        guard let key else { return }
        let events = tracker.records.map { entry in Self.event(entry, key, origin: origin) }
        let streams = events.reduce(into: [StreamID]()) { if !$0.contains($1.0) { $0.append($1.0) } }
        let advance = try RecorderDatabase.advance(
            log: log, holder, from: cursor, to: next, tracker.state, heardAt: heardAt)
        do {
            try await writer.run(of: .system) { transaction in
                _ = try await transaction.query(advance.0, advance.1)
                guard !events.isEmpty else { return }
                _ = try await transaction.append(
                    Command(tenant: .system, actor: nil, request: nil, streams: streams) { draft in
                        for (stream, event) in events { draft.append(event, to: stream) }
                        return Array("{}".utf8)
                    })
            }
        } catch {
            // It may be recorded all the same: then the mark was heard, and does not come again.
            (heldSince, look) = (nil, nil)
            throw error
        }
        (cursor, state, others, pending) = (next, tracker.state, tracker.others, nil)
    }

    private static func event(_ entry: LogTracker.Record, _ key: RecordKey, origin: String) -> (StreamID, NewEvent) {
        func seal(_ text: JSONObject, _ session: String, _ line: Int64) -> [UInt8] {
            text.count == 0
                ? []
                : key.seal(
                    JSONValue.object(text).canonicalBytes(), session: StaffRecordings.id(of: session, origin: origin),
                    line: line)
        }
        func stream(_ session: String) -> StreamID {
            Streams.staffSession(StaffRecordings.id(of: session, origin: origin))
        }
        switch entry {
        case .opened(let session, let role, let access, let process, let at, let line, let text):
            let opened = StaffSession(
                session: session, role: role, access: access, process: process, at: at, line: line,
                sealed: seal(text, session, line))
            return (stream(session), WitnessedEvent.opened(opened).newEvent)
        case .closed(let end): return (stream(end.session), WitnessedEvent.closed(end).newEvent)
        case .statement(let statement, let text):
            let sealed = statement.sealed(seal(text, statement.session, statement.line))
            return (stream(statement.session), WitnessedEvent.statement(sealed).newEvent)
        case .alert(let alert): return (Streams.alert, WitnessedEvent.alert(alert).newEvent)
        }
    }

    private func measure(_ tracker: LogTracker, _ chunk: LogChunk) {
        for case .alert(let alert) in tracker.records {
            logger.error(
                "an alarm about access of staff",
                metadata: [
                    "kind": "\(alert.kind.rawValue)", "what": "\(alert.what)", "session": "\(alert.session ?? "-")",
                ])
            Counter(label: "zentriq_staff_alerts_total", dimensions: [("kind", alert.kind.rawValue)]).increment()
        }
        Counter(label: "zentriq_staff_log_lines_total", dimensions: [("of", "staff")]).increment(by: tracker.staffLines)
        Counter(label: "zentriq_staff_log_lines_total", dimensions: [("of", "others")]).increment(
            by: tracker.otherLines)
        Gauge(label: "zentriq_staff_log_lag_bytes").record(chunk.lag)
        Gauge(label: "zentriq_staff_sessions_open").record(tracker.state.sessions.values.count { $0.isOpen })
    }
}
