import Foundation
import PostgresTesting
import Testing

@testable import EventStore

@Suite("Stream heads, read for many at once")
struct HeadReaderTests {
    private let tenants = (0..<8).map { _ in TenantID.random() }

    private func key(_ tenant: TenantID, _ name: String = "a") -> StreamKey {
        StreamKey(tenant, StreamID(counter: name))
    }

    @Test("everybody gets the own stream's head, and what is not there is not made up", arguments: [2, 1_000])
    func own(capacity: Int) async throws {
        let log = try await TestLog.make()
        try await log.withSequencer { sequencer in
            for (number, tenant) in tenants.enumerated() {
                _ = try await sequencer.submit(.add(Int64(number + 1), of: tenant))
            }
        }
        try await log.withReader(.gateway) { reader in
            let heads = HeadReader<Counter>(reader, capacity: capacity)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for round in 0..<200 {
                    let number = round % tenants.count
                    group.addTask {
                        let head = try #require(try await heads.head(of: key(tenants[number])))
                        #expect(head.state.value == Int64(number + 1))
                        #expect(try await reader.head().recordedAt == head.logTime)
                        #expect(head.version.rawValue == 1 && head.position.rawValue == Int64(number))
                        let missing = try await heads.head(of: key(tenants[number], "b"))
                        #expect(missing == nil)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("what was acknowledged before the question is in the answer")
    func readsOwnWrites() async throws {
        let log = try await TestLog.make()
        try await log.withSequencer { sequencer in
            try await log.withReader(.gateway) { reader in
                let heads = HeadReader<Counter>(reader)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for tenant in tenants {
                        group.addTask {
                            for sum in 1...50 {
                                _ = try await sequencer.submit(.add(1, of: tenant))
                                let head = try await heads.head(of: key(tenant))
                                #expect(head?.state.value == Int64(sum))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("who can't be answered is told so, and those who ask later are answered")
    func failure() async throws {
        let log = try await TestLog.make()
        try await log.withSequencer { _ = try await $0.submit(.add(7, of: tenants[0])) }
        try await log.withReader(.auditor) { reader in
            // The auditor's role may not call what the gateway's may.
            let heads = HeadReader<Counter>(reader)
            for _ in 0..<3 {
                await #expect(throws: (any Error).self) { try await heads.head(of: key(tenants[0])) }
            }
        }
        try await log.withReader(.gateway) { reader in
            let heads = HeadReader<Counter>(reader)
            let cancelled = Task { try await heads.head(of: key(tenants[0])) }
            cancelled.cancel()
            async let other = heads.head(of: key(tenants[0]))
            let answers = [try await cancelled.value, try await other]
            #expect(answers.map { $0?.state.value } == [7, 7])
        }
    }
}
