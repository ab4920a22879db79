import Foundation
import Testing
import TransparencyLog

@testable import EventStore

extension TestLog {
    /// Reads the whole log and checks everything that must hold of it: positions and versions without gaps, time that
    /// never goes back, every leaf and the root recomputed, every stream's head the fold of its events.
    @discardableResult
    func expectSound(sourceLocation: SourceLocation = #_sourceLocation) async throws -> [RecordedEvent] {
        let events = try await events()
        let head = try await withReader { try await $0.head() }
        var tree = CompactRange()
        var streams: [StreamKey: [RecordedEvent]] = [:]
        var latest = EventTime(microseconds: 0)
        var ids: Set<UUID> = []
        for (index, event) in events.enumerated() {
            try #require(event.position == LogPosition(Int64(index)), sourceLocation: sourceLocation)
            try #require(event.computedCommitment(origin: origin) == event.commitment, sourceLocation: sourceLocation)
            streams[event.stream, default: []].append(event)
            try #require(
                event.version.rawValue == Int64(streams[event.stream, default: []].count),
                sourceLocation: sourceLocation)
            try #require(event.recordedAt >= latest, sourceLocation: sourceLocation)
            try #require(ids.insert(event.id).inserted, sourceLocation: sourceLocation)
            latest = event.recordedAt
            tree.append(event.leaf)
        }
        #expect(head.tree == tree, sourceLocation: sourceLocation)
        #expect(head.root == tree.root(), sourceLocation: sourceLocation)
        let checkpoint = try SignedCheckpoint(parsing: head.checkpoint.utf8)
        let verified = try TrustPolicy(log: signer.verifier).verify(checkpoint).checkpoint
        #expect(verified.size == tree.size && verified.root == head.root, sourceLocation: sourceLocation)
        #expect(events.isEmpty || head.recordedAt == latest, sourceLocation: sourceLocation)
        try await withReader { reader in
            for (key, events) in streams where key.stream.category == "counter" {
                let stored = try #require(try await reader.head(of: key, as: Counter.self))
                #expect(stored.version.rawValue == Int64(events.count), sourceLocation: sourceLocation)
                #expect(stored.position == events.last?.position, sourceLocation: sourceLocation)
                #expect(stored.state.value == (try Counter.fold(events)), sourceLocation: sourceLocation)
            }
        }
        return events
    }
}
