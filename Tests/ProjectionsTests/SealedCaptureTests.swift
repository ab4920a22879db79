import Billing
import BillingTesting
import CreditDomain
import EventStore
import Postgres
import Projections
import Testing

extension StorageTests {
    @Suite("Sealed captures")
    struct SealedCaptureTests {
        @Test("pages show what was captured, which stands in no row of any table")
        func pages() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(9)
                var records: [CaptureRecord] = []
                for number in 0..<5 {
                    let record = client.record(host: "host\(number).example")
                    try await client.capture(record)
                    records.insert(record, at: 0)
                }
                try await bench.catchUp()
                let page = try await Self.page(of: client)
                #expect(page.map(\.record) == records)
                let rest = try await bench.history.captures(
                    of: client.tenant, product: .punchout, before: page[1].position, limit: 2)
                #expect(rest.map(\.record) == Array(records[2..<4]))
            }
        }

        @Test("of a person whose key was destroyed nothing is shown, the others stay; a rebuild leaves them out")
        func destroyed() async throws {
            try await Bench.with { bench in
                let (gone, stays) = (Client(bench), Client(bench))
                for client in [gone, stays] {
                    try await client.grant(9)
                    try await client.capture()
                    try await client.capture()
                }
                try await bench.catchUp()
                let event = try #require(try await gone.events(Streams.captures(.punchout)).first)
                try await bench.destroyKey(of: event)
                #expect(try await Self.page(of: gone).isEmpty)
                #expect(try await Self.page(of: stays).count == 2)
                // Readers that knew the key forget it within a while; one that begins now never has it.
                let fresh = try await Self.freshReader(bench)
                for event in try await fresh.stream(StreamKey(gone.tenant, Streams.captures(.punchout))) {
                    #expect(event.closed == .destroyed)
                    #expect(event.salt.isEmpty && event.data.isEmpty)
                }
                let projection = CaptureHistoryProjection()
                let report = try await ProjectionRebuild(projection, store: bench.store, reader: fresh)
                    .run { _ in }
                #expect(report.parked == 0)
                #expect(!report.isUnchanged)
                let rows = try await bench.projectorPool.query("SELECT tenant_id FROM zentriq.capture_history")
                #expect(try rows.map { try $0.uuid(0) } == [stays.tenant.rawValue, stays.tenant.rawValue])
            }
        }

        @Test("one that was tampered with is parked, one that was tampered with later is told, and the others go on")
        func tampered() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(9)
                for _ in 0..<3 { try await client.capture() }
                let position = try #require(try await client.events(Streams.captures(.punchout)).dropFirst().first)
                    .position
                let tamper = Statement(
                    "UPDATE zentriq.events SET salt = set_byte(salt, 60, get_byte(salt, 60) # 1) WHERE position = \(position.rawValue)"
                )
                try await bench.asSuperuser((tamper, []))
                try await bench.catchUp()
                let parked = try #require(try await bench.store.parkedEvents().first)
                #expect(parked.position == position)
                #expect(parked.reason.contains("can't be opened"))
                #expect(try await Self.page(of: client).count == 2)

                // Mended, rebuilt, and changed again behind the projection's back.
                try await bench.asSuperuser((tamper, []))
                _ = try await bench.rebuild(CaptureHistoryProjection())
                #expect(try await Self.page(of: client).count == 3)
                try await bench.asSuperuser((tamper, []))
                let error = await #expect(throws: LogError.self) { try await Self.page(of: client) }
                #expect(error?.description.contains("position \(position.rawValue) can't be read") == true)
            }
        }

        @Test("a rebuild without keys gives the same rows, as they hold nothing that is sealed")
        func withoutKeys() async throws {
            try await Bench.with { bench in
                let client = Client(bench)
                try await client.grant(9)
                for _ in 0..<3 { try await client.capture() }
                try await bench.catchUp()
                let reader = LogReader(log: Bench.log, origin: Bench.origin, pool: bench.projectorPool)
                let report = try await ProjectionRebuild(CaptureHistoryProjection(), store: bench.store, reader: reader)
                    .run { _ in }
                #expect(report.isUnchanged)
                #expect(report.parked == 0)
                #expect(try await Self.page(of: client).count == 3)

                let replay = try await Replay(log: Bench.log, origin: Bench.origin, pool: bench.auditorPool).run()
                #expect(replay.findings.isEmpty)
                #expect(replay.closed == 3)
                #expect(replay.captures.isEmpty)
                let keys = SubjectKeys(origin: Bench.origin, keys: try Bench.keys)
                let opened = try await Replay(
                    log: Bench.log, origin: Bench.origin, pool: bench.auditorPool, keys: keys
                ).run()
                #expect(opened.closed == 0)
            }
        }

        private static func page(of client: Client) async throws -> [HistoryReader.Capture] {
            try await client.bench.history.captures(of: client.tenant, product: client.product, before: nil, limit: 9)
        }

        /// With keys, none of which it knows yet.
        private static func freshReader(_ bench: Bench) async throws -> LogReader {
            LogReader(
                log: Bench.log, origin: Bench.origin, pool: bench.auditorPool,
                keys: SubjectKeys(origin: Bench.origin, keys: try Bench.keys))
        }
    }
}
