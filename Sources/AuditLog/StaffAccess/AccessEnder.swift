package import Billing
package import EventStore
import Foundation
package import Logging
import Metrics
import Postgres
import Retention
import Synchronization

/// Ends accesses when they are over or revoked, and removes every role of staff that no grant explains: whatever
/// stopped whoever was at it before.
package final class AccessEnder: Sendable {
    /// A session has that long to go; then the end is tried again in the next round.
    private static let terminationAttempts = 200
    private static let terminationPause = Duration.milliseconds(50)

    private struct Seen {
        var next = LogPosition(0)
        var since = EventTime(microseconds: 0)
        var alarmed: Set<UUID> = []
        /// Roles that no grant explains and that are recorded as such: they are there until they can be dropped.
        var removing: Set<String> = []
    }

    let database: StaffDatabase
    let ledger: StaffLedger
    let clock: WallClock
    let logger: Logger
    private let seen = Mutex(Seen())
    /// Sees all events of the class; the ledger's own reader sees one tenant at a time.
    private let reader: LogReader

    /// - Parameter reader: with a role that sees all tenants.
    package init(database: StaffDatabase, ledger: StaffLedger, reader: LogReader, clock: WallClock, logger: Logger) {
        self.database = database
        self.ledger = ledger
        self.reader = reader
        self.clock = clock
        self.logger = logger
    }

    /// One round. What can't be done is done in the next one.
    package func run() async throws {
        let isRecorded = try await database.admit()
        Gauge(label: "zentriq_staff_recorder_alive").record(isRecorded ? 1 : 0)
        do { try await catchUp() } catch {
            // What the database knows of is ended all the same.
            logger.error("events of staff can't be taken in, trying again", metadata: ["error": "\(error)"])
        }
        let open = try await database.accesses(all: false)
        for access in open {
            alarm(access)
            do { try await end(access, isRecorded: isRecorded) } catch {
                logger.error(
                    "an access of staff can't be ended, trying again",
                    metadata: ["access": "\(access.id.lowercaseText)", "error": "\(error)"])
            }
        }
        for role in try await unexplained(besides: open) { try await remove(role) }
        try await measure()
    }

    /// Ends all accesses, also those whose time is not over: after a restore from a backup nobody can tell whether they
    /// were revoked since.
    ///
    /// - Returns: how many were revoked.
    package func endAll() async throws -> Int {
        try await catchUp()
        var count = 0
        for access in try await database.accesses(all: false) where access.state == .granted {
            guard let record = try await ledger.access(access.id), case .granted = record.state else { continue }
            let position = try await ledger.append(
                [.revoked], to: Streams.staffAccess(access.id), after: record.version, by: nil)
            try await database.note(position)
            count += 1
        }
        try await run()
        return count
    }

    /// The end of a role, all steps of it.
    ///
    /// - Returns: false if somebody is still there after a while.
    package func remove(roleNamed role: String) async throws -> Bool {
        for step in RoleEnd.allCases {
            var attempts = 0
            while try await !database.carryOut(step, of: role) {
                attempts += 1
                guard attempts < Self.terminationAttempts else { return false }
                try await Task.sleep(for: Self.terminationPause)
            }
        }
        return true
    }

    /// Takes in what a crash has left between the log and the database's own account of it.
    private func catchUp() async throws {
        let head = try await reader.head()
        var (next, since) = seen.withLock { ($0.next, $0.since) }
        while next < head.nextPosition {
            let page = try await reader.events(
                of: .access, category: EventCatalog.accessGranted.category, at: next..<head.nextPosition, since: since)
            for event in page where event.stream.tenant == .system { try await take(event) }
            guard page.count == LogReader.maximumPage, let last = page.last else { break }
            (next, since) = (LogPosition(last.position.rawValue + 1), last.recordedAt)
        }
        seen.withLock { ($0.next, $0.since) = (head.nextPosition, head.recordedAt) }
    }

    private func take(_ event: RecordedEvent) async throws {
        do {
            if event.stream.stream != Streams.staffRoster {
                try await database.note(event.position)
            } else if event.type == EventCatalog.staffRemoved.name {
                try await database.unseat(event.position)
            }
        } catch let error as PostgresError where error.isAboutTheEvent {
            // Its beginning was swept, or it is none of ours: nothing rests on it.
            logger.warning(
                "an event of staff can't be taken in",
                metadata: ["position": "\(event.position.rawValue)", "error": "\(error)"])
        }
    }

    /// - Parameter isRecorded: if it is not, nobody of the staff stays.
    private func end(_ access: AccessRow, isRecorded: Bool) async throws {
        let isOver =
            access.state == .granted && (!isRecorded || access.expiresAt.map { $0 <= clock.now() } == true)
        guard access.state == .revoked || isOver, let role = access.role, try await remove(roleNamed: role),
            let record = try await ledger.access(access.id),
            let event = record.end(now: clock.now(), isRecorded: isRecorded)
        else { return }
        let position = try await ledger.append(
            [event], to: Streams.staffAccess(access.id), after: record.version, by: nil)
        try await database.note(position)
        logger.notice("an access of staff ended", metadata: ["access": "\(access.id.lowercaseText)"])
    }

    /// Roles that neither the database's clock nor the service's holds for granted.
    ///
    /// - Parameter open: as they were before any of them was ended: the database's clock may be ahead, and sessions may
    ///   need long to go.
    private func unexplained(besides open: [AccessRow]) async throws -> [String] {
        var known = open.rolesGranted
        let roles = try await database.roles().filter { !$0.isExplained && !known.contains($0.name) }.map(\.name)
        // What was granted since.
        if !roles.isEmpty { known = try await database.accesses(all: false).rolesGranted }
        return roles.filter { !known.contains($0) }
    }

    private func remove(_ role: String) async throws {
        do {
            // Shut before it is recorded, recorded before it goes.
            _ = try await database.carryOut(.close, of: role)
            if !seen.withLock({ $0.removing.contains(role) }) {
                try await ledger.append([.roleRemoved(role: role)], to: Streams.staffRoster, after: nil, by: nil)
                seen.withLock { _ = $0.removing.insert(role) }
            }
            let isGone = try await remove(roleNamed: role)
            logger.error(
                "a role of staff that no grant explains", metadata: ["role": "\(role)", "removed": "\(isGone)"])
            guard isGone else { return }
            seen.withLock { _ = $0.removing.remove(role) }
            Counter(label: "zentriq_staff_roles_removed_total").increment()
        } catch {
            logger.error(
                "a role of staff that no grant explains can't be removed, trying again",
                metadata: ["role": "\(role)", "error": "\(error)"])
        }
    }

    /// Once for each, loudly.
    private func alarm(_ access: AccessRow) {
        guard access.wantsReview, seen.withLock({ $0.alarmed.insert(access.id).inserted }) else { return }
        logger.error(
            "break-glass: somebody got access to the database alone; it is to be reviewed",
            metadata: ["access": "\(access.id.lowercaseText)", "scope": "\(access.scope)"])
        Counter(label: "zentriq_staff_break_glass_total").increment()
    }

    private func measure() async throws {
        let open = try await database.accesses(all: false)
        Gauge(label: "zentriq_staff_accesses_open").record(
            open.count { $0.state == .granted || $0.state == .revoked })
        Gauge(label: "zentriq_staff_reviews_open").record(open.count(where: \.wantsReview))
    }
}

extension [AccessRow] {
    /// Of those that have not ended: once one has, nothing explains that its role is there.
    fileprivate var rolesGranted: Set<String> {
        Set(filter { $0.state == .granted || $0.state == .revoked }.compactMap(\.role))
    }
}

extension PostgresError {
    /// Whether the server says that the event is none, or that what it says can't be: it would say so again. Anything else,
    /// such as a deadlock, passes.
    fileprivate var isAboutTheEvent: Bool {
        // no_data_found, as staff_event says; data exceptions, invalid_parameter_value of note_access among them; and
        // violations of what the tables hold.
        guard case .server(let state) = kind else { return false }
        return state == "P0002" || state.hasPrefix("22") || state.hasPrefix("23")
    }
}
