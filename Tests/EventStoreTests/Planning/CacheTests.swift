import Foundation
import Testing

@testable import EventStore

@Suite("Caches")
struct CacheTests {
    private let tenant = TenantID.random()

    private func key(_ number: Int) -> StreamKey { StreamKey(tenant, StreamID(counter: "\(number)")) }

    private func entry(_ number: Int) -> StreamEntry<Counter> {
        StreamEntry(version: StreamVersion(Int64(number)), state: Counter(value: Int64(number)))
    }

    @Test("stream heads never exceed the capacity", arguments: [2, 3, 4, 10, 100])
    func streamBound(capacity: Int) {
        var cache = StreamCache<Counter>(capacity: capacity)
        for number in 0..<1_000 {
            cache.insert(entry(number), for: key(number))
            #expect(cache.count <= capacity)
            #expect(cache.find(key(number))?.version.rawValue == Int64(number))
            _ = cache.find(key(number / 2))
            #expect(cache.count <= capacity)
        }
    }

    @Test("half of the capacity, used lately, is always there", arguments: [4, 10, 100])
    func recentlyUsed(capacity: Int) {
        var cache = StreamCache<Counter>(capacity: capacity)
        let kept = capacity / 2 - 1
        for number in 0..<kept { cache.insert(entry(number), for: key(number)) }
        for round in 0..<500 {
            cache.insert(entry(1_000 + round), for: key(1_000 + round))
            for number in 0..<kept { #expect(cache.find(key(number))?.version.rawValue == Int64(number)) }
        }
    }

    @Test("all streams of a batch of half the capacity are there when it is planned, whatever was before")
    func batchFits() {
        var cache = StreamCache<Counter>(capacity: 20)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let batch = Array((0..<40).shuffled(using: &random).prefix(10))
            let missing = batch.filter { cache.find(key($0)) == nil }
            for number in missing { cache.insert(entry(number), for: key(number)) }
            for number in batch { #expect(cache.find(key(number)) != nil) }
        }
    }

    @Test("an entry is replaced, and gone after removing all")
    func replaced() {
        var cache = StreamCache<Counter>(capacity: 4)
        cache.insert(entry(1), for: key(1))
        cache.insert(entry(2), for: key(1))
        #expect(cache.find(key(1))?.version.rawValue == 2)
        #expect(cache.count == 1)
        cache.removeAll()
        #expect(cache.find(key(1)) == nil)
        #expect(cache.count == 0)
    }

    @Test("outcomes are kept for half of the capacity, and forgotten after the whole of it", arguments: [2, 4, 100])
    func outcomes(capacity: Int) {
        func key(_ number: Int) -> OutcomeKey { OutcomeKey(tenant, UniqueKey("\(number)").hash) }
        var inserted = OutcomeCache(capacity: capacity)
        for number in 0..<500 {
            let outcome = Outcome(
                fingerprint: UniqueKey("").fingerprint, position: LogPosition(Int64(number)), response: [])
            inserted.insert(outcome, for: key(number))
            // To look is to use: each question is asked of a copy.
            func position(_ number: Int) -> Int64? {
                var cache = inserted
                return cache.find(key(number))?.position.rawValue
            }
            #expect(position(number) == Int64(number))
            if number >= capacity / 2 { #expect(position(number - capacity / 2) != nil) }
            if number >= capacity { #expect(position(number - capacity) == nil) }
        }
        #expect(inserted.find(OutcomeKey(.random(), UniqueKey("499").hash)) == nil)
    }
}
