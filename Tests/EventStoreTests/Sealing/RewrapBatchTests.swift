import Sealing
import Testing

@testable import EventStore

@Suite("A page of keys that were wrapped anew")
struct RewrapBatchTests {
    private static func key(_ version: Int32, _ byte: UInt8) -> WrappedKey {
        WrappedKey(version: version, bytes: [byte])
    }

    @Test("is written under one version: what another one has wrapped stays as it was")
    func mixed() {
        var batch = RewrapBatch()
        for (index, version) in ([2, 3, 2, 3, 3] as [Int32]).enumerated() {
            batch.add("\(index)", Self.key(1, UInt8(index)), Self.key(version, UInt8(10 + index)))
        }
        #expect(batch.target == 2)
        #expect(batch.ids == ["0", "2"])
        #expect(batch.old == [[0], [2]] && batch.new == [[10], [12]])
    }

    @Test("holds nothing that is wrapped as it was")
    func unchanged() {
        var batch = RewrapBatch()
        #expect(batch.target == nil)
        batch.add("0", Self.key(2, 0), Self.key(2, 0))
        #expect(batch.target == nil && batch.ids.isEmpty)
        batch.add("1", Self.key(2, 1), Self.key(3, 1))
        #expect(batch.target == 3 && batch.ids == ["1"])
    }
}
