import BillingTesting
import EventStore
import Foundation
import Testing

@testable import Billing

extension LedgerTests {
    @Suite("Privacy ledger")
    struct PrivacyLedgerTests {
        private func person(_ bench: Bench, in tenant: TenantID = TenantID(UUID())) async throws -> DataSubject {
            let handle = ActorHandle(UUID())
            try await bench.ledger.register(tenant: tenant, subject: handle, by: Client.requester)
            return DataSubject(tenant, handle)
        }

        @Test("a request stands in the stream of its person, and is found there")
        func request() async throws {
            try await Bench.with { bench in
                let ledger = PrivacyLedger(writer: bench.writer, reader: bench.reader)
                let person = try await person(bench)
                let received = bench.clock.now.adding(seconds: -3_600)
                let accepted = try await ledger.record(
                    .rectification, by: .letter, receivedAt: received, of: person, idempotencyKey: "k",
                    by: Client.requester)
                let again = try await ledger.record(
                    .rectification, by: .letter, receivedAt: received, of: person, idempotencyKey: "k",
                    by: Client.requester)
                #expect(again.isReplay && again.response == accepted.response)
                await #expect(throws: LogError.keyReused) {
                    try await ledger.record(
                        .erasure, by: .letter, receivedAt: received, of: person, idempotencyKey: "k",
                        by: Client.requester)
                }
                let (record, version) = try await ledger.record(of: person)
                let entry = try #require(record.entries.values.first)
                #expect(record.entries.count == 1 && version == StreamVersion(1))
                #expect(entry.position == accepted.position && entry.request.receivedAt == received)

                for _ in 0..<2 {
                    _ = try await ledger.close(entry.request.id, as: .fulfilled, of: person, by: Client.requester)
                }
                #expect(try await ledger.record(of: person).version == StreamVersion(2))
                await #expect(throws: PrivacyError.closedOtherwise) {
                    try await ledger.close(
                        entry.request.id, as: .refused(.excessive), of: person, by: Client.requester)
                }
            }
        }

        @Test("nobody's request can be closed in another's name, or in another tenant")
        func others() async throws {
            try await Bench.with { bench in
                let ledger = PrivacyLedger(writer: bench.writer, reader: bench.reader)
                let person = try await person(bench)
                _ = try await ledger.record(
                    .access, by: .interface, of: person, idempotencyKey: "k", by: Client.requester)
                let entries = try await ledger.record(of: person).record.entries
                let id = try #require(entries.first { $0.value.request.kind == .access }?.key)
                for other in [try await self.person(bench, in: person.tenant), try await self.person(bench)] {
                    await #expect(throws: PrivacyError.unknownRequest) {
                        try await ledger.close(id, as: .fulfilled, of: other, by: Client.requester)
                    }
                }
                // The handle alone is not the person: the tenant must have it.
                let stranger = DataSubject(TenantID(UUID()), person.handle)
                await #expect(throws: PrivacyError.unknownSubject) {
                    try await ledger.record(
                        .access, by: .email, of: stranger, idempotencyKey: "k", by: Client.requester)
                }
                await #expect(throws: PrivacyError.unknownSubject) {
                    try await ledger.change(.impose, .restriction, of: stranger, isAsked: false, by: Client.requester)
                }
            }
        }

        @Test("fifty who impose the same limit at once, through two writers, impose it once")
        func parallel() async throws {
            try await Bench.with { bench in
                let person = try await person(bench)
                let before = try await bench.size()
                try await bench.withOtherLedger { other in
                    let ledgers = [bench.ledger, other].map { PrivacyLedger(writer: $0.writer, reader: bench.reader) }
                    let positions = try await withThrowingTaskGroup(of: LogPosition?.self) { group in
                        for number in 0..<50 {
                            group.addTask {
                                try await ledgers[number % 2].change(
                                    .impose, .objection, of: person, isAsked: true, by: Client.requester
                                ).accepted.position
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(positions.compactMap(\.self).count == 1)
                }
                // What was asked, what came of it, that it was done.
                #expect(try await bench.size() == before + 3)
                let ledger = PrivacyLedger(writer: bench.writer, reader: bench.reader)
                #expect(try await ledger.limits(of: person).limits.inForce == [.objection])
                #expect(try await ledger.record(of: person).record.openCount == 0)
            }
        }

        @Test("what is received in the future, or was more than a year ago, is refused", arguments: [1, -367 * 86_400])
        func receivedAt(offset: Int64) async throws {
            try await Bench.with { bench in
                let ledger = PrivacyLedger(writer: bench.writer, reader: bench.reader)
                let person = try await person(bench)
                await #expect(throws: PrivacyError.receivedAtOutOfRange) {
                    try await ledger.record(
                        .access, by: .email, receivedAt: bench.clock.now.adding(seconds: offset), of: person,
                        idempotencyKey: "k", by: Client.requester)
                }
            }
        }

        @Test("a person has so many open requests and no more, and can ask for erasure all the same")
        func tooMany() async throws {
            try await Bench.with { bench in
                let ledger = PrivacyLedger(writer: bench.writer, reader: bench.reader)
                let person = try await person(bench)
                for number in 0..<PrivacyRecord.maximumOpen {
                    _ = try await ledger.record(
                        .access, by: .interface, of: person, idempotencyKey: "\(number)", by: Client.requester)
                }
                await #expect(throws: PrivacyError.tooManyOpenRequests) {
                    try await ledger.record(
                        .access, by: .interface, of: person, idempotencyKey: "last", by: Client.requester)
                }
                _ = try await ledger.record(
                    .erasure, by: .interface, of: person, idempotencyKey: "erase", by: Client.requester)
                let entries = try await ledger.record(of: person).record.entries
                let id = try #require(entries.first { $0.value.request.kind == .access }?.key)
                _ = try await ledger.close(id, as: .fulfilled, of: person, by: Client.requester)
                _ = try await ledger.record(
                    .access, by: .interface, of: person, idempotencyKey: "last", by: Client.requester)
            }
        }
    }
}
