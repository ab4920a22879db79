import Foundation
import Postgres
import PostgresTesting
import Testing

@testable import EventStore

@Suite("A sequencer whose connection is cut", .serialized, .timeLimit(.minutes(10)))
struct ConnectionLossTests {
    private let tenant = TenantID.random()

    @Test("between commands it reconnects, and nobody notices")
    func idle() async throws {
        let log = try await TestLog.make()
        try await log.use(.superuser) { superuser in
            try await log.withSequencer { sequencer in
                for number in 1...5 {
                    #expect(try await sequencer.submit(.add(of: tenant)).position?.rawValue == Int64(number - 1))
                    #expect(try await log.terminateWriters(on: superuser) == 1)
                    try await until { try await log.terminateWriters(on: superuser) == 0 }
                }
            }
        }
        #expect(try await log.expectSound().count == 5)
    }

    @Test("in the middle of an append it finds out what became of it, and those who wait are not refused")
    func inAppend() async throws {
        let log = try await TestLog.make()
        try await log.use(.superuser) { superuser in
            try await log.withSequencer { sequencer in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    try await log.holdingHead {
                        group.addTask { _ = try await sequencer.submit(.add(of: tenant)) }
                        try await log.untilBlocked(1, on: superuser)
                        for _ in 0..<20 { group.addTask { _ = try await sequencer.submit(.add(of: tenant)) } }
                        try await until { sequencer.mailbox.depth == 20 }
                        try await log.terminateWriters(on: superuser)
                        // The new connection waits to fence the old one off.
                        try await log.untilBlocked(1, on: superuser)
                    }
                    try await group.waitForAll()
                }
            }
        }
        #expect(try await log.expectSound().count == 21)
    }

    @Test(
        "again and again under load: what was acknowledged is in the log once; a retry with the key settles the rest",
        arguments: [0, 2])
    func againAndAgain(retrySeconds: Int) async throws {
        let log = try await TestLog.make()
        var limits = SequencerLimits()
        limits.retrySeconds = retrySeconds
        let disturbance = Stage()
        let (keyed, unkeyed) = try await log.withSequencer(limits: limits) { sequencer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await log.use(.superuser) { superuser in
                        for _ in 0..<40 {
                            try await log.terminateWriters(on: superuser)
                            try await Task.sleep(for: .milliseconds(.random(in: 0...80)))
                        }
                        disturbance.finish()
                    }
                }
                let keyed = Load(log: log, tenant: tenant)
                async let first = keyed.run(on: sequencer, tasks: 12, isKeyed: true) { disturbance.isOver }
                async let second = keyed.run(on: sequencer, tasks: 4, isKeyed: false) { disturbance.isOver }
                let results = try await (first, second)
                try await group.waitForAll()
                return results
            }
        }
        try await Load(log: log, tenant: tenant).expectExactlyOnce(keyed: keyed, unkeyed: unkeyed)
    }
}
