import AuditLog
import Billing
package import BillingTesting
import CreditDomain
package import EventStore
import Foundation
import Postgres
import PostgresTesting
package import Retention

/// Traffic of some accounts on a clock of its own, with a sweep a day, over real partitions. What was ever recorded is
/// kept in a diary beside the log, so that SQL alone can say what should be left.
package actor SimulatedYears {
    /// Of one class: what SQL says, and what is there.
    package struct Count: Sendable, Equatable {
        package let retention: String
        package let recorded: Int64
        package let expected: Int64
        package let left: Int64
        /// Events that are there and should not be, or the other way round.
        package let wrong: Int64
    }

    private static let hour: Int64 = 3_600
    /// Checks, captures and now and then a hold of each account a day.
    private static let rounds: Int64 = 4

    package nonisolated let bench: Bench
    package nonisolated let clients: [Client]
    package private(set) var day: CivilDay
    package private(set) var days: Int64 = 0
    package private(set) var erased: [RetentionClass: Int64] = [:]
    package private(set) var certificates = 0
    package private(set) var partitions = 0
    private var written: Int64 = 0

    /// - Parameter accounts: of which every other one is the agent's.
    package init(_ bench: Bench, accounts: Int = 4) async throws {
        self.bench = bench
        day = CivilDay(of: bench.clock.now)
        clients = (0..<accounts).map { Client(bench, product: $0 % 2 == 0 ? .punchout : .agent) }
        try await bench.adopt()
        try await bench.asSuperuser((Self.createDiary, []))
        for client in clients { try await client.grant(1_000_000, reference: "first") }
    }

    /// Days with traffic, each of which begins with a sweep.
    ///
    /// - Parameter each: after every sweep.
    package func live(days count: Int64, each: @Sendable (SimulatedYears) async throws -> Void = { _ in }) async throws
    {
        for _ in 0..<count {
            for round in 0..<Self.rounds {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in clients { group.addTask { [days] in try await Self.act(client, days * 4 + round) } }
                    try await group.waitForAll()
                }
                bench.clock.advance(seconds: Self.hour)
            }
            try await begin(day.adding(days: 1))
            try await each(self)
        }
    }

    /// Goes on to a later day without traffic. The last bundle is filled before, so that the tree keeps nothing back.
    package func skip(to day: CivilDay) async throws {
        try await bench.fillBundle(clients[0])
        bench.clock.advance(seconds: 1)
        try await begin(day)
    }

    private static func act(_ client: Client, _ number: Int64) async throws {
        try await client.check()
        switch number % 7 {
        case 3: try await client.voidHold(client.hold(2).holdID)
        case 5: try await client.capture(client.record(outcome: .failure))
        case 6:
            let read = AuditRead(route: .balance, kind: .page, filters: [:], positions: nil)
            _ = try await client.bench.plant(read.newEvent, in: StreamKey(client.tenant, Streams.audit))
        default: try await client.capture()
        }
    }

    private func begin(_ next: CivilDay) async throws {
        try await note()
        day = next
        days += 1
        bench.clock.set(EventTime(microseconds: next.start.microseconds + 1))
        try await bench.project()
        let report = try await bench.sweep()
        for (retention, count) in report.erased { erased[retention, default: 0] += count }
        certificates += report.certificates
        partitions += report.partitions
        try await note()
    }

    // MARK: What SQL says

    private func note() async throws {
        try await bench.asSuperuser((Self.writeDiary, [.int8(written)]))
        written = try await bench.size()
    }

    /// By class, now.
    package func counts() async throws -> [Count] {
        let connection = try await bench.database.connect(role: .superuser)
        let rows = try await connection.query(Self.compare, [.text(day.text)])
        await connection.close()
        return try rows.map { row in
            Count(
                retention: try row.string(0), recorded: try row.int64(1), expected: try row.int64(2),
                left: try row.int64(3), wrong: try row.int64(4))
        }
    }

    /// Rows of the projections whose event is gone, or that lack one that is there.
    package func strayProjectedRows() async throws -> Int64 {
        try await bench.number(Self.strays)
    }

    private static let createDiary = Statement(
        """
        CREATE TABLE public.diary (position bigint PRIMARY KEY, class text, day date, type text, tenant_id uuid,
                                   stream_id text, version bigint)
        """)
    private static let writeDiary = Statement(
        """
        INSERT INTO public.diary
        SELECT position, class, (recorded_at AT TIME ZONE 'UTC')::date, type, tenant_id, stream_id, version
        FROM zentriq.events WHERE position >= $1
        """)
    /// The last 255 events may be in no full bundle; what was carried forward last for an account stays.
    private static let compare = Statement(
        """
        WITH periods (class, period) AS (VALUES
            ('access', interval '24 months'), ('billing', interval '7 years'), ('capture', interval '12 months'),
            ('error', interval '90 days'), ('usage', interval '90 days')),
        diary AS (
            SELECT d.position, d.class,
                   p.period IS NULL OR (d.day + p.period)::date >= $1::date
                   OR d.position >= (SELECT size / 256 * 256 FROM zentriq.heads)
                   OR (d.type = 'credit.carried'
                       AND d.version = max(d.version) OVER (PARTITION BY d.tenant_id, d.stream_id)) AS stays
            FROM public.diary AS d LEFT JOIN periods AS p USING (class))
        SELECT d.class, count(*), count(*) FILTER (WHERE d.stays), count(e.position),
               count(*) FILTER (WHERE d.stays <> (e.position IS NOT NULL))
        FROM diary AS d LEFT JOIN zentriq.events AS e USING (position) GROUP BY d.class ORDER BY d.class
        """)
    private static let strays = """
        SELECT (SELECT count(*) FROM zentriq.capture_history AS c
                FULL JOIN (SELECT position FROM zentriq.events WHERE class = 'capture') AS e USING (position)
                WHERE c.position IS NULL OR e.position IS NULL)
             + (SELECT count(*) FROM zentriq.credit_statement AS c
                LEFT JOIN zentriq.events AS e USING (position) WHERE e.position IS NULL)
        """
}
