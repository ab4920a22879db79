package import AuditLog
package import Billing
package import EventStore
package import Foundation
package import Retention

/// What has to be done again so that a restore undoes nothing of what the ledger tells of, in the order in which it was
/// done before: so nothing goes that a hold covered then, and nothing stays for a hold that came after it was gone.
package struct RestorePlan: Sendable {
    package struct Step: Sendable {
        package enum Action: Sendable {
            case adopt(RetentionPolicy)
            case place(LegalHold)
            case release(HoldRelease)
            case erase(LostErasure)
        }

        /// In the history that was lost.
        package let position: LogPosition
        package let action: Action
    }

    /// What the log knows of all this.
    package struct Known: Sendable {
        package var policyVersion: Int64?
        package var holds: [HoldRegister.Entry] = []
        package var erasures: [UUID: ErasureProcess] = [:]

        package init() {}
    }

    package let steps: [Step]
    /// Certificates of sweeps that were lost: what they named is swept again.
    package let sweeps: Int

    package var isEmpty: Bool { steps.isEmpty }

    /// - Parameters:
    ///   - entries: all of the ledger.
    ///   - from: the position from which on the log has lost them.
    package init(
        _ entries: [LedgerEntry], from: LogPosition, known: Known, now: EventTime
    ) throws(ErasureProcess.Failure) {
        let steps =
            Self.policy(entries, known) + Self.holds(entries, known, now: now)
            + (try LostErasure.all(in: entries).filter { !$0.isDone(known.erasures[$0.begun.request]) })
            .map { Step(position: $0.newest, action: .erase($0)) }
        self.steps = steps.sorted { $0.position < $1.position }
        sweeps = entries.count { entry in
            guard entry.position >= from, case .swept(let certificate) = entry.event else { return false }
            if case .policy = certificate.ground { return true }
            return false
        }
    }

    private static func policy(_ entries: [LedgerEntry], _ known: Known) -> [Step] {
        for entry in entries.reversed() {
            guard case .policyAdopted(let policy) = entry.event else { continue }
            return policy.version > known.policyVersion ?? 0
                ? [Step(position: entry.position, action: .adopt(policy))] : []
        }
        return []
    }

    /// What was placed and released again is not placed again.
    private static func holds(_ entries: [LedgerEntry], _ known: Known, now: EventTime) -> [Step] {
        var steps: [UUID: Step] = [:]
        for entry in entries {
            switch entry.event {
            case .holdPlaced(let hold):
                guard hold.isInForce(at: now), !known.holds.contains(where: { $0.hold.id == hold.id }) else { continue }
                steps[hold.id] = Step(position: entry.position, action: .place(hold))
            case .holdReleased(let release):
                let isInLog = known.holds.contains { $0.hold.id == release.hold && $0.release == nil }
                steps[release.hold] = isInLog ? Step(position: entry.position, action: .release(release)) : nil
            default: continue
            }
        }
        return Array(steps.values)
    }
}

/// An erasure as the ledger tells of it.
package struct LostErasure: Sendable {
    package let begun: ErasureBegun
    package let process: ErasureProcess
    /// Of its first and its newest event.
    package let position: LogPosition
    package let newest: LogPosition

    static func all(in entries: [LedgerEntry]) throws(ErasureProcess.Failure) -> [LostErasure] {
        var streams: [StreamID: [(LogPosition, ErasureEvent)]] = [:]
        for entry in entries {
            if case .erasure(let event) = entry.event {
                streams[entry.stream, default: []].append((entry.position, event))
            }
        }
        var all: [LostErasure] = []
        for events in streams.values {
            guard let first = events.first, let last = events.last, case .begun(let begun) = first.1 else { continue }
            all.append(
                LostErasure(
                    begun: begun, process: try ErasureProcess(events.map { $0.1 }), position: first.0, newest: last.0))
        }
        return all
    }

    /// Whether it is in the log, and has come as far.
    func isDone(_ process: ErasureProcess?) -> Bool {
        guard let process else { return false }
        guard let stage = self.process.stage else { return true }
        return process.stage.map { $0 >= stage } ?? false
    }
}
