import Billing
import EventStore
import TransparencyLog

extension LogCheck {
    /// Compares what came of the events with what is kept beside them.
    mutating func finish(_ head: HeadCheck, beyond: (count: Int64, first: Int64?)) {
        answers.finish(findings: &findings)
        if let first = beyond.first {
            findings.add(
                at: first, "events outside of the log, which has \(head.head.size) by its head: \(beyond.count)")
        }
        for (level, surplus) in extent.surplus.enumerated() {
            guard let first = surplus.first else { continue }
            let what = level == 0 ? "bundles" : "roots of level \(level)"
            findings.add("tiles: \(what) for which there are no events: \(surplus.count), from \(first) on")
        }
        head.compare(
            tree, provenUpTo: provenUpTo,
            newest: next == start && start > 0 ? nil : newest ?? EventTime(microseconds: 0),
            findings: &findings)
    }

    mutating func take(_ heads: [StreamHeadRow]) {
        for head in heads { take(head) }
    }

    /// Streams whose head did not come.
    mutating func finishStreams() {
        for (key, stream) in fold.streams where !stream.hasHead {
            findings.add(at: stream.position.rawValue, "\(key.text): the stream has events and no head")
        }
    }

    private mutating func take(_ head: StreamHeadRow) {
        let name = "\(head.tenant.lowercaseText) \(head.stream)"
        guard let stream = StreamID(head.stream) else {
            return findings.add("\(name): the name of the stream is not valid")
        }
        let key = StreamKey(TenantID(head.tenant), stream)
        guard let folded = fold.markHead(of: key) else {
            if start == 0 || head.position >= start {
                findings.add(at: head.position, "\(name): there is a head, and no event of the stream")
            }
            return
        }
        let position = folded.position.rawValue
        if head.version != folded.version.rawValue {
            findings.add(
                at: position, "\(name): the head is at version \(head.version), not \(folded.version.rawValue)")
        } else if head.position != position {
            findings.add(at: position, "\(name): the head says position \(head.position), not \(position)")
        }
        guard fold.isWhole, !folded.isBroken else { return }
        let state = folded.account.map { String(decoding: $0.snapshot(), as: UTF8.self) }
        if head.state != state {
            findings.add(at: position, "\(name): the state in the head is not what the events add up to")
        } else if head.dueAt != folded.account?.dueAt?.microseconds {
            findings.add(at: position, "\(name): the head is due at another time than the state")
        }
    }
}

extension StreamKey {
    fileprivate var text: String { "\(tenant.rawValue.lowercaseText) \(stream.name)" }
}
