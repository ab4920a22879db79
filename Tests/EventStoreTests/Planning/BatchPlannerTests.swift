import Foundation
import Testing
import TransparencyLog

@testable import EventStore

@Suite("Batch planner")
struct BatchPlannerTests {
    @Test("commands are decided in order, each on what those before it decided")
    func order() {
        var planning = Planning()
        let tenant = planning.tenant
        let plan = planning.plan([
            .add(5, of: tenant), .add(-3, of: tenant), .add(1, to: "b", of: tenant), .add(-2, of: tenant),
        ])
        #expect(plan.answers == [#"{"value":"5"}"#, #"{"value":"2"}"#, #"{"value":"1"}"#, #"{"value":"0"}"#])
        #expect(plan.positions == [0, 1, 2, 3])
        #expect(plan.batch.events.versions == [1, 2, 1, 3])
        #expect(plan.batch.events.streams == ["counter-a", "counter-a", "counter-b", "counter-a"])
    }

    @Test("a refused command leaves no trace: the batch is as if it had not been there")
    func refused() {
        var planning = Planning()
        let tenant = planning.tenant
        let stream = StreamID(counter: "a")
        let plan = planning.plan([
            .add(5, of: tenant),
            .custom(of: tenant, key: "k", claim: "c", streams: [stream]) { draft in
                draft.append(NewEvent(.added, data: Counter.data(100)), to: stream)
                draft.setState(Counter(value: 105), of: stream)
                throw TooLittle(value: 105)
            },
            .add(-4, of: tenant),
        ])
        #expect(plan.answers == [#"{"value":"5"}"#, "TooLittle(value: 105)", #"{"value":"1"}"#])
        #expect(plan.batch.events.versions == [1, 2])
        #expect(plan.batch.outcomes.positions.isEmpty)
        #expect(plan.batch.streams.states == [#"{"value":"1"}"#])
        #expect(plan.batch.next.tree.size == 2)
    }

    @Test("a state set without an event is forgotten with the command")
    func stateWithoutEvent() {
        var planning = Planning()
        let stream = StreamID(counter: "a")
        let plan = planning.plan([
            .custom(of: planning.tenant, streams: [stream]) { draft in
                draft.setState(Counter(value: 9), of: stream)
                return []
            }, .add(1, of: planning.tenant),
        ])
        #expect(plan.answers == ["", #"{"value":"1"}"#])
        #expect(plan.positions == [nil, 0])
    }

    @Test("a command may append to several streams; each event sees the position and version it gets")
    func severalStreams() {
        var planning = Planning()
        let streams = [StreamID(counter: "a"), StreamID(counter: "b")]
        planning.commit([.add(of: planning.tenant)])
        let plan = planning.plan([
            .custom(of: planning.tenant, streams: streams) { draft in
                var seen = "\(draft.nextPosition.rawValue)"
                for stream in [streams[0], streams[1], streams[0]] {
                    let position = draft.append(NewEvent(.added, data: Counter.data(0)), to: stream)
                    seen += " \(position.rawValue)/\(draft.version(of: stream).rawValue)"
                }
                return Array(seen.utf8)
            }
        ])
        #expect(plan.answers == ["1 1/2 2/1 3/3"])
        #expect(plan.batch.events.versions == [2, 1, 3])
        let heads = Dictionary(
            uniqueKeysWithValues: zip(plan.batch.streams.streams, plan.batch.streams.versions))
        #expect(heads == ["counter-a": 3, "counter-b": 1])
        #expect(Set(plan.batch.streams.positions) == [2, 3])
    }

    @Test("what is committed is what the next batch is decided on")
    func committed() {
        var planning = Planning()
        planning.commit([.add(5, of: planning.tenant), .add(2, of: planning.tenant)])
        let plan = planning.commit([.add(-6, of: planning.tenant), .add(-6, of: planning.tenant)])
        #expect(plan.answers == [#"{"value":"1"}"#, "TooLittle(value: 1)"])
        #expect(plan.batch.events.versions == [3])
        #expect(plan.positions == [2, nil])
        #expect(plan.batch.streams.expected == [2])
        #expect(planning.planner.head.nextPosition.rawValue == 3)
    }

    @Test("what is not committed is as if it had not been planned")
    func notCommitted() {
        var planning = Planning()
        _ = planning.plan([.add(5, of: planning.tenant, key: "k")])
        let plan = planning.plan([.add(7, of: planning.tenant, key: "k")])
        #expect(plan.answers == [#"{"value":"7"}"#])
        #expect(plan.positions == [0])
        #expect(plan.batch.expected.tree.size == 0)
    }

    @Test("tenants share nothing, whatever their streams and keys are called")
    func tenants() {
        var planning = Planning()
        let plan = planning.plan((1...3).map { .add(Int64($0), of: .random(), key: "k", claim: "c") })
        #expect(plan.answers == [#"{"value":"1"}"#, #"{"value":"2"}"#, #"{"value":"3"}"#])
        #expect(plan.batch.events.versions == [1, 1, 1])
    }

    @Test("the tree and its root follow from the leaves, and the leaves from the columns")
    func tree() throws {
        var planning = Planning()
        let first = planning.commit((0..<5).map { .add(of: planning.tenant, key: "\($0)", events: $0 + 1) })
        let second = planning.commit([.add(of: planning.tenant)])
        let leaves = (first.batch.events.commitments + second.batch.events.commitments).chunked(by: 32).compactMap {
            TreeHash($0).map { MerkleTree.leafHash(of: $0) }
        }
        #expect(leaves.count == 16)
        #expect(second.batch.next.root == MerkleTree.root(of: leaves))
        #expect(second.batch.next.tree.root() == second.batch.next.root)
        #expect(second.batch.expected.root == MerkleTree.root(of: Array(leaves.dropLast())))
        #expect(Set(first.batch.events.salts.chunked(by: 32)).count == 15)
        #expect(Set(first.batch.events.ids).count == 15)
    }

    @Test(
        "a batch ends with the command that reaches the limit of events; the others are left", arguments: [1, 2, 3, 5])
    func eventLimit(limit: Int) {
        var limits = SequencerLimits()
        limits.batchEvents = limit
        var planning = Planning(limits: limits)
        let plan = planning.plan((0..<9).map { _ in .add(of: planning.tenant, events: 2) })
        #expect(plan.results.count == (limit + 1) / 2)
        #expect(plan.batch.events.count == plan.results.count * 2)
    }

    @Test("a batch ends with the command that reaches the limit of bytes; one command always fits")
    func byteLimit() {
        var limits = SequencerLimits()
        limits.batchBytes = 1_000
        var planning = Planning(limits: limits)
        let stream = StreamID(counter: "a")
        let tenant = planning.tenant
        let commands = (0..<5).map { _ in
            Command<Counter>.custom(of: tenant, streams: [stream]) { draft in
                draft.append(NewEvent(.added, data: Array(repeating: 0x20, count: 600)), to: stream)
                return []
            }
        }
        #expect(planning.plan(commands).results.count == 2)
        limits.batchBytes = 1
        planning = Planning(limits: limits)
        #expect(planning.plan(commands).results.count == 1)
    }

    @Test("more streams than the cache holds: the command is refused, and nothing of it planned")
    func evicted() {
        var limits = SequencerLimits()
        limits.cachedStreams = 2
        var planning = Planning(limits: limits)
        let streams = (0..<5).map { StreamID(counter: "\($0)") }
        let plan = planning.plan([.custom(of: planning.tenant, streams: streams) { _ in [] }])
        #expect(plan.answers == ["\(LogError.unavailable)"])
        #expect(plan.isEmpty)
    }
}

extension [UInt8] {
    fileprivate func chunked(by size: Int) -> [[UInt8]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<$0 + size]) }
    }
}
