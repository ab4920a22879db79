import Billing
import BillingTesting
import EventStore
import Foundation
import Postgres
import Projections
import Testing

extension StorageTests {
    @Suite("Requests and restrictions, as projected")
    struct PrivacyTests {
        private static let requester = Requester(actor: ActorHandle(UUID()), request: nil)

        private func person(_ bench: Bench, in tenant: TenantID = TenantID(UUID())) async throws -> DataSubject {
            let handle = ActorHandle(UUID())
            try await bench.ledger.register(tenant: tenant, subject: handle, by: Self.requester)
            return DataSubject(tenant, handle)
        }

        private func record(
            _ ledger: PrivacyLedger, of person: DataSubject, ago days: Int64, _ bench: Bench
        ) async throws -> UUID {
            let received = bench.clock.now.adding(seconds: -days * 86_400)
            let accepted = try await ledger.record(
                .erasure, by: .email, receivedAt: received, of: person, idempotencyKey: UUID().uuidString,
                by: Self.requester)
            let entries = try await ledger.record(of: person).record.entries
            return try #require(entries.values.first { $0.position == accepted.position }).request.id
        }

        private func register(_ bench: Bench) -> RequestRegister {
            RequestRegister(log: Bench.log, pool: bench.projectorPool)
        }

        private func watch(_ bench: Bench) -> RequestWatch {
            RequestWatch(register: register(bench), clock: bench.clock.wallClock, logger: bench.logger)
        }

        @Test("the register is what the log gives, made anew")
        func rebuilt() async throws {
            try await Bench.with { bench in
                let ledger = PrivacyLedger(writer: bench.writer, reader: bench.reader)
                for _ in 0..<3 {
                    let person = try await person(bench)
                    let first = try await record(ledger, of: person, ago: 3, bench)
                    _ = try await record(ledger, of: person, ago: 40, bench)
                    _ = try await ledger.change(.impose, .objection, of: person, isAsked: true, by: Self.requester)
                    _ = try await ledger.close(first, as: .refused(.withdrawn), of: person, by: Self.requester)
                }
                try await bench.catchUp()
                let projection = PrivacyRequestsProjection()
                #expect(try await bench.active(projection)?.parked == 0)
                #expect(try await bench.isAsRebuilt(projection))
                let now = bench.clock.now
                #expect(try await register(bench).entries(now: now, limit: 100).count == 9)
                #expect(try await register(bench).entries(.open, now: now, limit: 100).count == 3)
                #expect(try await register(bench).counts(now: now) == RequestRegister.Counts(open: 3, overdue: 3))
            }
        }

        @Test("reminders come seven days and a day before a request is due, and when it is overdue; each once")
        func reminders() async throws {
            try await Bench.with { bench in
                let ledger = PrivacyLedger(writer: bench.writer, reader: bench.reader)
                let person = try await person(bench)
                let request = try await record(ledger, of: person, ago: 0, bench)
                try await bench.catchUp()
                let due = try await ledger.record(of: person).record.entries[request]?.request.due
                let seconds = (try #require(due).microseconds - bench.clock.now.microseconds) / 1_000_000
                var reminded: [UUID: RequestWatch.Reminder] = [:]
                var passed: Int64 = 0
                for (left, expected) in [
                    (8 * 86_400, nil), (7 * 86_400 + 1, nil), (7 * 86_400, .week), (86_401, .week), (86_400, .day),
                    (1, .day), (0, .overdue), (-86_400, .overdue),
                ] as [(Int64, RequestWatch.Reminder?)] {
                    bench.clock.advance(seconds: seconds - left - passed)
                    passed = seconds - left
                    reminded = try await watch(bench).pass(after: reminded)
                    #expect(reminded[request] == expected, "\(left) seconds left")
                }
                _ = try await ledger.close(request, as: .fulfilled, of: person, by: Self.requester)
                try await bench.catchUp()
                #expect(try await watch(bench).pass(after: reminded).isEmpty)
            }
        }

        @Test("the register of restrictions is not asked before it has read the log, and then knows all of it")
        func restrictions() async throws {
            try await Bench.with { bench in
                let ledger = PrivacyLedger(writer: bench.writer, reader: bench.reader)
                let people = [try await person(bench), try await person(bench), try await person(bench)]
                for person in people.prefix(2) {
                    _ = try await ledger.change(.impose, .restriction, of: person, isAsked: false, by: Self.requester)
                }
                _ = try await ledger.change(.lift, .restriction, of: people[1], isAsked: false, by: Self.requester)
                let register = RestrictionRegister(
                    reader: bench.projectorReader, signal: bench.signal, logger: bench.logger)
                #expect(register.limits(of: people[0]) == nil && !register.isCurrent)
                try await register.catchUp()
                #expect(register.isCurrent && register.count == 1)
                #expect(register.limits(of: people[0])?.inForce == [.restriction])
                for person in people.dropFirst() { #expect(register.limits(of: person)?.isEmpty == true) }
                let elsewhere = DataSubject(people[1].tenant, people[0].handle)
                #expect(register.limits(of: elsewhere)?.isEmpty == true)
            }
        }

        @Test("what was noted before the log was read stays, and what comes later in the log wins")
        func noted() async throws {
            try await Bench.with { bench in
                let ledger = PrivacyLedger(writer: bench.writer, reader: bench.reader)
                let person = try await person(bench)
                let register = RestrictionRegister(
                    reader: bench.projectorReader, signal: bench.signal, logger: bench.logger)
                try await register.catchUp()
                let imposed = try await ledger.change(
                    .impose, .restriction, of: person, isAsked: true, by: Self.requester)
                let lifted = try await ledger.change(.lift, .restriction, of: person, isAsked: true, by: Self.requester)
                // The answers may be noted in another order than they were recorded in.
                register.note(lifted.limits, of: person, at: try #require(lifted.accepted.position))
                register.note(imposed.limits, of: person, at: try #require(imposed.accepted.position))
                #expect(register.limits(of: person)?.isEmpty == true)
                try await register.catchUp()
                #expect(register.limits(of: person)?.isEmpty == true)
                // And after the log was read further than that.
                register.note(imposed.limits, of: person, at: try #require(imposed.accepted.position))
                #expect(register.limits(of: person)?.isEmpty == true)
                let again = try await ledger.change(.impose, .objection, of: person, isAsked: true, by: Self.requester)
                register.note(again.limits, of: person, at: try #require(again.accepted.position))
                #expect(register.limits(of: person)?.inForce == [.objection])
                try await register.catchUp()
                #expect(register.limits(of: person)?.inForce == [.objection])
            }
        }
    }
}
