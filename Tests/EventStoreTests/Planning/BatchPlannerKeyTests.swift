import Foundation
import Testing
import TransparencyLog

@testable import EventStore

@Suite("Batch planner: keys, claims and time")
struct BatchPlannerKeyTests {
    @Test("of two equal keys in a batch the second is a replay of the first")
    func replayInBatch() {
        var planning = Planning()
        let plan = planning.plan([
            .add(3, of: planning.tenant, key: "k"), .add(1, of: planning.tenant),
            .add(3, of: planning.tenant, key: "k"),
        ])
        #expect(plan.answers == [#"{"value":"3"}"#, #"{"value":"4"}"#, #"{"value":"3"} again"#])
        #expect(plan.positions == [0, 1, 0])
        #expect(plan.batch.events.count == 2)
        #expect(plan.batch.outcomes.positions == [0])
    }

    @Test("a replay after the commit gives the first answer, though it would now be refused")
    func replayAfterCommit() {
        var planning = Planning()
        planning.commit([.add(3, of: planning.tenant), .add(-3, of: planning.tenant, key: "k")])
        let plan = planning.plan([.add(-3, of: planning.tenant, key: "k"), .add(-3, of: planning.tenant, key: "other")])
        #expect(plan.answers == [#"{"value":"0"} again"#, "TooLittle(value: 0)"])
        #expect(plan.isEmpty)
    }

    @Test("the same key with another request is refused, in the batch and after it")
    func reused() {
        var planning = Planning()
        let tenant = planning.tenant
        let plan = planning.commit([.add(1, of: tenant, key: "k"), .add(2, of: tenant, key: "k", request: "other")])
        #expect(plan.answers == [#"{"value":"1"}"#, "\(LogError.keyReused)"])
        #expect(
            planning.plan([.add(1, of: tenant, key: "k", request: "other")]).answers == ["\(LogError.keyReused)"])
    }

    @Test("a refused command takes neither its key nor its claim")
    func refusedTakesNothing() {
        var planning = Planning()
        let tenant = planning.tenant
        let plan = planning.plan([
            .add(-1, of: tenant, key: "k", claim: "c"), .add(1, of: tenant, key: "k", claim: "c"),
        ])
        #expect(plan.answers == ["TooLittle(value: 0)", #"{"value":"1"}"#])
    }

    @Test("who has a claim is told to those who come later, under whatever key")
    func claims() {
        var planning = Planning()
        let tenant = planning.tenant
        let plan = planning.commit([
            .add(of: tenant), .add(of: tenant, key: "1", claim: "c"), .add(of: tenant, key: "2", claim: "c"),
            .add(of: tenant, key: "1", claim: "c"), .add(of: tenant, key: "3", claim: "other"),
        ])
        #expect(
            plan.answers == [
                #"{"value":"1"}"#, #"{"value":"2"}"#, "\(Taken(holder: LogPosition(1)))", #"{"value":"2"} again"#,
                #"{"value":"3"}"#,
            ])
        #expect(plan.batch.outcomes.positions == [1, 1, 2, 2])
        #expect(planning.plan([.add(of: tenant, claim: "c")]).answers == ["\(Taken(holder: LogPosition(1)))"])
    }

    @Test("a command that appends although its claim is taken is refused alone")
    func ignoredClaim() {
        var planning = Planning()
        let stream = StreamID(counter: "a")
        planning.commit([.add(of: planning.tenant, claim: "c")])
        let plan = planning.plan([
            .custom(of: planning.tenant, claim: "c", streams: [stream]) { draft in
                draft.append(NewEvent(.added, data: Counter.data(1)), to: stream)
                return []
            }, .add(of: planning.tenant),
        ])
        #expect(plan.answers == ["\(LogError.keyReused)", #"{"value":"2"}"#])
        #expect(plan.batch.events.versions == [2])
    }

    @Test("what was answered without an event is marked as resting on memory, with the keys believed free")
    func restsOnMemory() {
        var planning = Planning()
        let tenant = planning.tenant
        #expect(!planning.commit([.add(of: tenant, key: "known")]).restsOnMemory)
        #expect(!planning.plan([.add(of: tenant, key: "known"), .add(of: tenant)]).restsOnMemory)
        let refused = planning.plan([.add(of: tenant, key: "x"), .add(-9, of: tenant, key: "k", claim: "c")])
        #expect(refused.restsOnMemory)
        #expect(
            refused.keysBelievedFree == [
                OutcomeKey(tenant, UniqueKey("k").hash), OutcomeKey(tenant, UniqueKey("claim c").hash),
            ])
        let nothing = planning.plan([.add(of: tenant, key: "k", events: 0), .add(-9, of: tenant)])
        #expect(nothing.restsOnMemory)
        #expect(nothing.keysBelievedFree == [OutcomeKey(tenant, UniqueKey("k").hash)])
    }

    @Test("recorded time never goes back when the clock does, and stands still within a batch")
    func time() {
        var planning = Planning()
        let tenant = planning.tenant
        let start = Planning.start
        planning.commit([.add(of: tenant)], now: start)
        let earlier = planning.commit([.add(of: tenant)], now: start.adding(seconds: -3_600))
        #expect(earlier.batch.next.recordedAt == start)
        let later = planning.plan([.add(of: tenant)], now: start.adding(seconds: 1))
        #expect(later.batch.next.recordedAt == start.adding(seconds: 1))
    }

    @Test("a head that has grown empties what is known of streams; one that has not, does not")
    func adopting() {
        var planning = Planning()
        let commands = [Command<Counter>.add(of: planning.tenant, key: "k")]
        planning.commit(commands)
        var head = planning.planner.head
        head.epoch += 1
        planning.planner.adopt(head)
        #expect(planning.planner.missingStreams(of: commands).isEmpty)
        #expect(planning.planner.head.epoch == 1)
        head.tree.append(head.root)
        planning.planner.adopt(head)
        #expect(planning.planner.missingStreams(of: commands).count == 1)
        #expect(planning.plan(commands).answers == [#"{"value":"1"} again"#])
    }
}
