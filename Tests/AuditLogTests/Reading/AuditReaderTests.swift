import AuditLog
import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Testing

/// What the gateway's tests can't show at their size: bounds, holes, times.
@Suite("Reading for audits", .serialized, .timeLimit(.minutes(10)))
struct AuditReaderTests {
    /// A log of two customers whose events alternate, read with small bounds in the auditor's role.
    private static func with(
        _ body: @Sendable (Bench, AuditReader, [Client]) async throws -> Void
    ) async throws {
        try await Bench.with { bench in
            let clients = [Client(bench), Client(bench)]
            for units in 1...20 as ClosedRange<Int64> {
                bench.clock.advance(seconds: 1)
                try await clients[Int(units % 2)].grant(units)
            }
            let pool = PostgresPool(configuration: try bench.database.configuration(role: .auditor), size: 1)
            var limits = AuditReader.Limits()
            (limits.window, limits.scan, limits.chunk) = (3, 7, 2)
            let reader = AuditReader(
                reader: LogReader(log: Bench.log, origin: Bench.origin, pool: pool), limits: limits)
            let result: Result<Void, any Error>
            do { result = .success(try await body(bench, reader, clients)) } catch { result = .failure(error) }
            await pool.close()
            try result.get()
        }
    }

    /// All pages of a query.
    private static func pages(
        _ query: AuditQuery, _ reader: AuditReader, limit: Int
    ) async throws -> [AuditReader.Page] {
        let positions = try await reader.positions(of: query, upTo: reader.head().nextPosition)
        var pages: [AuditReader.Page] = []
        var cursor: AuditCursor?
        repeat {
            let page = try await reader.page(of: query, in: positions, from: cursor, limit: limit)
            pages.append(page)
            cursor = page.next
        } while cursor != nil
        return pages
    }

    /// By hand, from the whole log.
    private static func expected(_ bench: Bench, _ isWanted: (RecordedEvent) -> Bool) async throws -> [LogPosition] {
        try await bench.auditorReader.all(from: LogPosition(0)).filter(isWanted).map(\.position)
    }

    @Test("a page looks through a bounded number of events, and may be empty with a cursor", arguments: [1, 2, 5, 50])
    func bounded(limit: Int) async throws {
        try await Self.with { bench, reader, clients in
            var query = AuditQuery()
            let wholes = [
                try await Self.expected(bench) { _ in true },
                try await Self.expected(bench) { $0.type == EventCatalog.tenantRegistered.name },
                try await Self.expected(bench) { $0.stream.tenant == clients[1].tenant },
            ]
            for (index, whole) in wholes.enumerated() {
                query.type = index == 1 ? EventCatalog.tenantRegistered : nil
                query.tenant = index == 2 ? clients[1].tenant : nil
                let pages = try await Self.pages(query, reader, limit: limit)
                #expect(pages.flatMap(\.events).map(\.position) == whole)
                #expect(pages.allSatisfy { $0.events.count <= limit })
                for page in pages {
                    #expect(page.positions.upperBound.rawValue - page.positions.lowerBound.rawValue <= 7)
                    #expect(page.events.allSatisfy { page.positions.contains($0.position) })
                }
                // What the pages looked through is the whole log, in one piece.
                for (page, next) in zip(pages, pages.dropFirst()) {
                    #expect(page.positions.upperBound == next.positions.lowerBound)
                }
                if index == 1 { #expect(pages.contains { $0.events.isEmpty && $0.next != nil }) }
            }
        }
    }

    @Test("a stream is followed by itself, bounded as well", arguments: [1, 2, 5, 50])
    func stream(limit: Int) async throws {
        try await Self.with { bench, reader, clients in
            var query = AuditQuery()
            query.tenant = clients[0].tenant
            query.stream = Streams.account(.punchout)
            let account = clients[0].account
            let whole = try await Self.expected(bench) { $0.stream == account }
            #expect(whole.count == 10)
            let pages = try await Self.pages(query, reader, limit: limit)
            #expect(pages.flatMap(\.events).map(\.position) == whole)
            for page in pages { #expect(page.events.allSatisfy { page.positions.contains($0.position) }) }

            query.fromPosition = whole[4]
            query.toPosition = whole[8]
            let part = try await Self.pages(query, reader, limit: limit)
            #expect(part.flatMap(\.events).map(\.position) == Array(whole[4..<8]))
            query.type = EventCatalog.debited
            #expect(try await Self.pages(query, reader, limit: limit).flatMap(\.events).isEmpty)
        }
    }

    @Test("a time is the first position at it or after it, with holes in the log too")
    func times() async throws {
        try await Self.with { bench, _, _ in
            let events = try await bench.auditorReader.all(from: LogPosition(0))
            let size = LogPosition(Int64(events.count))
            func check(_ left: [RecordedEvent]) async throws {
                for event in left {
                    for offset in [-1, 0, 1] as [Int64] {
                        let time = EventTime(microseconds: event.recordedAt.microseconds + offset)
                        let found = try await bench.reader.position(at: time)
                        // Where nothing stands, any position before the next event is as good.
                        let next = left.first { $0.recordedAt >= time }?.position ?? size
                        let last = left.last { $0.recordedAt < time }?.position
                        #expect(found <= next && last.map { $0 < found } ?? true, "\(time.text)")
                    }
                }
                #expect(try await bench.reader.position(at: EventTime(microseconds: 0)) <= left[0].position)
            }
            try await check(events)
            #expect(try await bench.reader.position(at: EventTime(microseconds: .max / 4)) == size)
            let gone = Set([0, 1, 7, 8, 9, 15, events.count - 2])
            let superuser = try await bench.database.connect(role: .superuser)
            for position in gone {
                try await superuser.script(
                    "SET session_replication_role = replica; DELETE FROM zentriq.events WHERE position = \(position)")
            }
            await superuser.close()
            try await check(events.enumerated().filter { !gone.contains($0.offset) }.map(\.element))
        }
    }

    @Test("of an empty log, or beyond its end, there is nothing")
    func empty() async throws {
        try await Bench.with { bench in
            let reader = AuditReader(reader: bench.auditorReader)
            #expect(try await bench.reader.position(at: EventTime(microseconds: 0)) == LogPosition(0))
            var query = AuditQuery()
            query.fromPosition = LogPosition(5)
            for query in [AuditQuery(), query] {
                let pages = try await Self.pages(query, reader, limit: 10)
                #expect(pages.count == 1 && pages[0].events.isEmpty)
            }
        }
    }
}
