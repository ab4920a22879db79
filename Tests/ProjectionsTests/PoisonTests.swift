import Billing
import BillingTesting
import CreditDomain
import EventStore
import Projections
import Testing

extension StorageTests {
    @Suite("Events that can't be taken")
    struct PoisonTests {
        struct Poison: Sendable, CustomStringConvertible {
            let type: EventType
            let data: String
            let projection: String
            let reason: String
            var description: String { "\(type.name) v\(type.schemaVersion) \(data)" }

            init(_ type: EventType, _ data: String, parkedBy projection: String, because reason: String) {
                self.type = type
                self.data = data
                self.projection = projection
                self.reason = reason
            }
        }

        static let capture = """
            {"capture_id":"0b9d5a3e-6f0c-4d0e-9f7b-4c1d2e3f4a5b","captured_at":"2026-01-02T03:04:05.678901Z",\
            "line_count":LINES,"outcome":"success","product":"punchout","vendor_host":"www.example.com"}
            """
        static let debit = #"{"allocations":[],"debit":"d","units":"UNITS"}"#

        static let poisons = [
            Poison(
                EventCatalog.captureRecorded, "{}", parkedBy: "capture_history", because: "capture_id is not a string"),
            Poison(
                EventType("capture.renamed", retention: .capture, category: "capture"), "{}",
                parkedBy: "capture_history", because: "no event type capture.renamed is known"),
            Poison(
                EventType("capture.recorded", schemaVersion: 9, retention: .capture, category: "capture"), "{}",
                parkedBy: "capture_history", because: "version 9 of capture.recorded is not known"),
            Poison(
                EventCatalog.captureRecorded, capture.replacing("LINES", with: "2147483648"),
                parkedBy: "capture_history", because: "line_count is out of range"),
            Poison(
                EventType("credit.debited", retention: .capture, category: "capture"),
                debit.replacing("UNITS", with: "1"),
                parkedBy: "capture_history", because: "it stands in a stream of another category"),
            Poison(
                EventCatalog.debited, debit.replacing("UNITS", with: "1000"), parkedBy: "credit_statement",
                because: "credit_statement_balance_check"),
            Poison(
                EventCatalog.debited, debit.replacing("UNITS", with: "-9223372036854775808"),
                parkedBy: "credit_statement", because: "units is negative"),
            Poison(
                EventCatalog.refunded, debit.replacing("UNITS", with: "9223372036854775807"),
                parkedBy: "credit_statement", because: "the balance overflows"),
        ]

        @Test("each is parked with its reason, for everyone to see, and the others go on")
        func parks() async throws {
            try await Bench.with { bench in
                var stories: [(poison: Poison, client: Client, position: LogPosition, captures: [CaptureRecord])] = []
                for poison in Self.poisons {
                    let client = Client(bench)
                    try await client.grant(20)
                    let before = try await client.capture()
                    let stream =
                        poison.type.category == "account" ? client.account.stream : Streams.captures(.punchout)
                    let position = try await bench.plant(
                        NewEvent(poison.type, data: Array(poison.data.utf8)), in: StreamKey(client.tenant, stream))
                    try await client.grant(3)
                    stories.append((poison, client, position, [try await client.capture(), before]))
                }
                try await bench.catchUp()

                let parked = try await bench.store.parkedEvents()
                #expect(parked.count == Self.poisons.count)
                for (poison, client, position, captures) in stories {
                    let found = parked.first { $0.position == position }
                    #expect(found?.name == poison.projection, "\(poison)")
                    #expect(found?.reason.contains(poison.reason) == true, "\(poison): \(found?.reason ?? "-")")
                    let shown = try await bench.history.captures(
                        of: client.tenant, product: .punchout, before: nil, limit: 9)
                    #expect(shown.map(\.record) == captures, "\(poison)")
                    let lines = try await bench.history.statement(
                        of: client.tenant, product: .punchout, before: nil, limit: 9)
                    #expect(lines.map(\.balance.rawValue) == [21, 22, 19, 20], "\(poison)")
                }

                let size = try await bench.reader.head().nextPosition
                for projection in ProjectionCatalog.all {
                    let expected = Int64(Self.poisons.count { $0.projection == projection.name })
                    let status = try #require(try await bench.active(projection))
                    #expect(status.next == size)
                    #expect(status.parked == expected)
                    let report = try await bench.rebuild(projection)
                    #expect(report.isUnchanged)
                    #expect(report.parked == expected)
                }
                #expect(try await bench.store.parkedEvents().allSatisfy { $0.generation == 2 })
            }
        }
    }
}
