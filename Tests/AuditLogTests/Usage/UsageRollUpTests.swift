import AuditLog
import Billing
import BillingTesting
import CreditDomain
import EventStore
import Foundation
import PostgresTesting
import Retention
import Testing

@Suite("Anonymous usage events", .timeLimit(.minutes(10)))
struct UsageRollUpTests {
    @Test("count each day once it is over, without anybody in them, and once only")
    func days() async throws {
        try await Bench.with { bench in
            let first = CivilDay(of: bench.clock.now)
            let clients = (0..<6).map { _ in Client(bench) }
            for client in clients { try await client.grant(10) }
            for client in clients { try await client.capture(client.record(host: "busy.example.com")) }
            try await clients[0].capture(clients[0].record(host: "private.example.com"))
            try await Self.move(bench, to: first.adding(days: 1))
            for client in clients { try await client.capture(client.record(outcome: .failure)) }

            let rollUp = Self.rollUp(bench)
            try await Self.move(bench, to: first.adding(days: 1), seconds: UsageRollUp.patienceSeconds - 1)
            #expect(try await rollUp.catchUp().isEmpty)
            try await Self.move(bench, to: first.adding(days: 3), seconds: UsageRollUp.patienceSeconds)
            let made = try await rollUp.catchUp()
            #expect(made.map(\.day) == [first, first.adding(days: 1), first.adding(days: 2)])
            #expect(
                made.map(\.cells) == [
                    [.init(vendorHost: "busy.example.com", outcome: .success, captures: 6)],
                    [.init(vendorHost: "shop.example.com", outcome: .failure, captures: 6)], [],
                ])
            #expect(made[0].positions.upperBound <= made[1].positions.lowerBound)
            #expect(try await rollUp.catchUp().isEmpty)

            let events = try await bench.reader.stream(
                StreamKey(.system, Streams.statistics), of: .system)
            #expect(try events.map { try DomainEvent($0) } == made.map { .usageCounted($0) })
            for event in events {
                #expect(event.actor == nil && event.request == nil)
                let text = String(decoding: event.data, as: UTF8.self)
                #expect(!text.contains("private"))
                for client in clients { #expect(!text.contains(client.tenant.rawValue.lowercaseText)) }
            }
        }
    }

    @Test("of two services that count the same day, one is told so")
    func race() async throws {
        try await Bench.with { bench in
            let client = Client(bench)
            try await client.grant(1)
            try await client.capture()
            let day = CivilDay(of: bench.clock.now)
            try await Self.move(bench, to: day.adding(days: 2))
            let counted = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask { (try? await Self.rollUp(bench).catchUp().count) ?? 0 }
                }
                return await group.reduce(0, +)
            }
            let events = try await bench.reader.stream(StreamKey(.system, Streams.statistics), of: .system)
            #expect(counted <= events.count)
            try await Self.rollUp(bench).catchUp()
            #expect(try await bench.reader.stream(StreamKey(.system, Streams.statistics)).count == 1)
        }
    }

    private static func rollUp(_ bench: Bench) -> UsageRollUp {
        UsageRollUp(
            reader: bench.auditorReader, ledger: bench.ledger, clock: bench.clock.wallClock,
            logger: bench.logger)
    }

    private static func move(_ bench: Bench, to day: CivilDay, seconds: Int64 = 0) async throws {
        bench.clock.advance(
            microseconds: day.start.adding(seconds: seconds).microseconds - bench.clock.now.microseconds)
    }
}
