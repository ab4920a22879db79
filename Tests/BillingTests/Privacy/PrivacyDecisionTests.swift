import Billing
import EventStore
import Foundation
import Testing

@Suite("Decisions about people's rights")
struct PrivacyDecisionTests {
    @Test("a limit is imposed once and lifted once, and each stands for itself", arguments: ProcessingLimit.chosen)
    func limits(limit: ProcessingLimit) {
        let other = ProcessingLimit.chosen.first { $0 != limit } ?? limit
        var limits = ProcessingLimits()
        #expect(limits.decide(.lift, limit) == nil)
        limits.evolve(.restricted(other))
        #expect(limits.decide(.lift, limit) == nil)
        #expect(limits.decide(.impose, limit) == .restricted(limit))
        limits.evolve(.restricted(limit))
        #expect(limits.decide(.impose, limit) == nil)
        #expect(limits.names == ["objection", "restriction"])
        #expect(limits.decide(.lift, limit) == .restrictionLifted(limit))
        limits.evolve(.restrictionLifted(limit))
        #expect(limits.inForce == [other])
    }

    @Test("events of other kinds change no limit")
    func otherEvents() {
        var limits = ProcessingLimits()
        limits.evolve(.restricted(.restriction))
        let before = limits
        limits.evolve(.fulfilled(UUID()))
        limits.evolve(.refused(UUID(), .excessive))
        #expect(limits == before)
    }

    private func record(_ id: UUID) -> PrivacyRecord {
        var record = PrivacyRecord()
        let request = PrivacyRequest(
            id: id, kind: .access, channel: .email, receivedAt: EventTime(microseconds: 1_769_828_645_678_901))
        record.evolve(.requested(request), at: LogPosition(7), recordedAt: EventTime(microseconds: 1))
        return record
    }

    @Test("a request ends once: the same end again is nothing, another one is refused")
    func closing() throws {
        let id = UUID()
        var record = record(id)
        #expect(record.openCount == 1)
        #expect(try record.close(id, as: .refused(.excessive)) == .refused(id, .excessive))
        record.evolve(.refused(id, .excessive), at: LogPosition(8), recordedAt: EventTime(microseconds: 2))
        #expect(record.openCount == 0)
        #expect(try record.close(id, as: .refused(.excessive)) == nil)
        for other in [PrivacyClosing.fulfilled, .refused(.withdrawn)] {
            #expect(throws: PrivacyError.closedOtherwise) { try record.close(id, as: other) }
        }
        #expect(throws: PrivacyError.unknownRequest) { try record.close(UUID(), as: .fulfilled) }
    }

    @Test("the end of a request that was swept is left out")
    func swept() {
        var record = PrivacyRecord()
        record.evolve(.fulfilled(UUID()), at: LogPosition(8), recordedAt: EventTime(microseconds: 2))
        #expect(record.entries.isEmpty)
    }
}
