import Billing
import EventStore

/// What was seen of the server itself, to be compared with what its log says.
struct ServerView: Sendable, Equatable {
    /// Sessions of staff: by the names that the log has for them, with their roles.
    var sessions: [String: String]
    /// Roles, memberships, slots, settings: by kind and name, what there is to know of them.
    var snapshot: [String: String]

    var superusers: Set<String> {
        Set(
            snapshot.compactMap { name, value in
                name.hasPrefix("role ") && value.hasPrefix("superuser") ? String(name.dropFirst(5)) : nil
            })
    }
}

extension LogTracker {
    /// To be called when a mark came back that was made after the view was taken: by then everything that was in the view
    /// has been in the log.
    mutating func compare(_ view: ServerView, at time: EventTime) {
        // One that was there when the view was taken may have ended before the mark was made.
        let ended = Set(state.ended.map(\.session))
        let unseen = Set(view.sessions.keys.filter { state.sessions[$0]?.isOpen != true && !ended.contains($0) })
        for session in unseen.subtracting(state.unseen).sorted() {
            alert(.sessionNotInLog, view.sessions[session] ?? "", at: time, session: session)
        }
        change { $0.unseen = unseen }
        for (session, known) in state.sessions.sorted(by: { $0.key < $1.key }) {
            if view.sessions[session] != nil {
                if known.missing > 0 { change { $0.sessions[session]?.missing = 0 } }
            } else if known.missing == 0 {
                // A process leaves the server's list a moment before it says good-bye.
                change { $0.sessions[session]?.missing = 1 }
            } else if known.isFatal == true {
                close(session, .disconnected, at: time)
            } else {
                alert(.sessionWithoutEnd, known.role, at: time, session: session, access: known.access)
                close(session, .lost, at: time)
            }
        }
        compare(view.snapshot, at: time)
    }

    private mutating func compare(_ snapshot: [String: String], at time: EventTime) {
        let before = state.snapshot
        if snapshot != before { change { $0.snapshot = snapshot } }
        guard let before else { return }
        for name in Set(before.keys).union(snapshot.keys).sorted() where before[name] != snapshot[name] {
            let change = before[name] == nil ? "new" : snapshot[name] == nil ? "gone" : "changed"
            let kind: StaffAlert.Kind =
                switch name.prefix(while: { $0 != " " }) {
                case "role": .roleChanged
                case "membership": .membershipChanged
                case "slot": .slotChanged
                default: .settingChanged
                }
            alert(kind, "\(change): \(name)", at: time)
        }
    }

    /// A mark was made and did not come back in time.
    mutating func loseMark(at time: EventTime) {
        guard !state.isMarkLost else { return }
        change { $0.isMarkLost = true }
        alert(.markLost, "what was written to the server's log did not come back through it", at: time)
    }

    mutating func hearMark() {
        if state.isMarkLost { change { $0.isMarkLost = false } }
    }
}
