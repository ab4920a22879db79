import Billing
import CreditDomain
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
        erasures.finish(missing: start == 0 ? fold.missing : nil, findings: &findings)
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
        let folded = fold.markHead(of: key)
        var areNewestGone = false
        if fold.isWhole, head.version > folded?.version.rawValue ?? 0,
            let retention = EventCatalog.retention(ofCategory: stream.category)
        {
            let gone = erasures.gone(retention, for: key)
            areNewestGone =
                gone > 0
                && fold.finish(key, at: StreamVersion(head.version), of: retention, erased: gone)
        }
        guard let folded else {
            if areNewestGone { return compare(head, key, fold.newestCarried(of: key), name) }
            if start == 0 || head.position >= start {
                findings.add(at: head.position, "\(name): there is a head, and no event of the stream")
            }
            return
        }
        let position = folded.position.rawValue
        if head.version != folded.version.rawValue {
            if !areNewestGone {
                findings.add(
                    at: position, "\(name): the head is at version \(head.version), not \(folded.version.rawValue)")
            }
        } else if head.position != position {
            findings.add(at: position, "\(name): the head says position \(head.position), not \(position)")
        }
        guard fold.isWhole, !folded.isBroken else { return }
        compare(head, folded.account, at: position, name)
    }

    /// Of an account whose events are all gone, the head is what was carried forward last.
    private mutating func compare(
        _ head: StreamHeadRow, _ key: StreamKey, _ carried: CarriedBalance?, _ name: String
    ) {
        guard Streams.product(ofAccount: key.stream) != nil else { return }
        guard let carried, carried.version.rawValue == head.version else {
            return findings.add(
                at: head.position, "\(name): what the account was before its events went is not carried forward")
        }
        compare(head, carried.state, at: head.position, name)
    }

    private mutating func compare(
        _ head: StreamHeadRow, _ account: AccountState?, at position: Int64, _ name: String
    ) {
        let state = account.map { String(decoding: $0.snapshot(), as: UTF8.self) }
        if head.state != state {
            findings.add(at: position, "\(name): the state in the head is not what the events add up to")
        } else if head.dueAt != account?.dueAt?.microseconds {
            findings.add(at: position, "\(name): the head is due at another time than the state")
        }
    }
}

extension StreamKey {
    fileprivate var text: String { "\(tenant.rawValue.lowercaseText) \(stream.name)" }
}
