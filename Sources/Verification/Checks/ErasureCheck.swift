import Billing
import EventStore
import Retention
import TransparencyLog

/// Whether what is missing is certified, what is certified is missing, and each certificate was allowed: by the policy
/// in force where it stands, with no hold in its way.
///
/// What a hold on a person covered can't be seen any more once it is gone; the database refuses to destroy it.
struct ErasureCheck: Sendable {
    private struct Progress: Sendable {
        let entry: CertifiedErasures.Entry
        /// From its first position on, so that count and root can be compared.
        let isWhole: Bool
        var tree = CompactRange()
        var isBroken = false
        var isTooYoung = false
        var isHeld = false
        /// Another certificate names one of its events, too.
        var isDoubled = false
    }

    private struct Hold: Sendable {
        let hold: LegalHold
        let placed: EventTime
        let position: LogPosition
        var released: LogPosition?

        /// Whether it stood in the way of a certificate.
        func isInForce(at entry: CertifiedErasures.Entry) -> Bool {
            position < entry.position && (released.map { entry.position < $0 } ?? true)
                && hold.isInForce(at: entry.recordedAt)
        }
    }

    private let start: Int64
    private var erasures = CertifiedErasures()
    private var progress: [LogPosition: Progress] = [:]
    private var holds: [Hold] = []
    private var requests: [LogPosition: ErasureBegun] = [:]
    /// The policies, the newest last.
    private var policies: [(position: LogPosition, policy: RetentionPolicy)] = []
    /// Before which all of these events are known.
    private(set) var known: Int64 = 0
    /// Certified events that are gone, by class: all, and those that went while a hold was in force.
    private(set) var gone: [RetentionClass: Int64] = [:]
    private var goneDuring: [Int: [RetentionClass: Int64]] = [:]
    private var goneOnRequest: [RetentionClass: GoneOnRequest] = [:]

    init(from start: Int64) {
        self.start = start
    }

    // MARK: What stands in the log

    /// - Parameters:
    ///   - next: what was read already was there then, whatever has gone since.
    ///   - size: of the log when these were read.
    mutating func learn(_ events: [RetentionEvent], next: Int64, size: Int64, findings: inout Findings) {
        var entries: [CertifiedErasures.Entry] = []
        for event in events {
            switch event.event {
            case .policyAdopted(let policy):
                for fault in policy.faults(replacing: policies.last?.policy) {
                    findings.add(at: event.position.rawValue, "the policy may not be one: \(fault)")
                }
                policies.append((event.position, policy))
            case .holdPlaced(let hold):
                holds.append(Hold(hold: hold, placed: event.recordedAt, position: event.position))
            case .holdReleased(let release):
                guard let index = holds.firstIndex(where: { $0.hold.id == release.hold && $0.released == nil }) else {
                    findings.add(at: event.position.rawValue, "a hold is released that is not in force")
                    continue
                }
                holds[index].released = event.position
            case .erasure(.begun(let begun)): requests[event.position] = begun
            case .swept(let certificate):
                let entry = CertifiedErasures.Entry(
                    position: event.position, recordedAt: event.recordedAt, certificate: certificate)
                entries.append(entry)
                progress[event.position] = Progress(
                    entry: entry, isWhole: certificate.positions.first >= max(start, next))
                check(entry, findings: &findings)
            default: break
            }
        }
        erasures.add(entries)
        known = size
    }

    private func check(_ entry: CertifiedErasures.Entry, findings: inout Findings) {
        let certificate = entry.certificate
        let at = entry.position.rawValue
        if certificate.positions.count != certificate.count {
            findings.add(
                at: at, "the certificate names \(certificate.positions.count) events, not \(certificate.count)")
        }
        if certificate.positions.end > at + 8 {
            findings.add(at: at, "the certificate names events that come after it")
        }
        switch certificate.ground {
        case .policy(let position, let cutoff): check(entry, position, cutoff, findings: &findings)
        case .request(let position):
            if requests[position] == nil {
                findings.add(at: at, "the certificate rests on a request for erasure that is not there")
            } else if !RetentionClass.personal.contains(certificate.retention) {
                findings.add(at: at, "nobody can ask for events of the class \(certificate.retention.rawValue) to go")
            }
        }
    }

    private func check(
        _ entry: CertifiedErasures.Entry, _ policy: LogPosition, _ given: EventTime, findings: inout Findings
    ) {
        let certificate = entry.certificate
        let at = entry.position.rawValue
        guard let inForce = policies.last, inForce.position == policy else {
            return findings.add(at: at, "the certificate rests on a policy that is not the one in force")
        }
        guard let period = inForce.policy.period(of: certificate.retention) else {
            return findings.add(
                at: at, "the policy in force lets no event of the class \(certificate.retention.rawValue) go")
        }
        let cutoff = period.cutoff(at: entry.recordedAt)
        if given > cutoff {
            findings.add(
                at: at,
                "events from \(cutoff.text) on were to be kept, the certificate goes to \(given.text)")
        }
    }

    // MARK: Positions, in their order

    /// - Returns: false if no certificate says that the event is gone.
    mutating func miss(_ position: Int64, entry: TreeHash?, after newest: EventTime?) -> Bool {
        let named = erasures.certificates(of: position)
        guard let own = named.first else { return false }
        let retention = own.certificate.retention
        gone[retention, default: 0] += 1
        let request = request(of: own)
        if let request { goneOnRequest[retention, default: GoneOnRequest()].add(request) }
        for (index, hold) in holds.enumerated() where hold.isInForce(at: own) {
            goneDuring[index, default: [:]][retention, default: 0] += 1
            if hold.hold.scope.certainlyCovers(own.certificate, after: newest)
                || request.map({ hold.hold.scope.covers($0) }) ?? false
            {
                progress[own.position]?.isHeld = true
            }
        }
        for other in named.dropFirst() { progress[other.position]?.isDoubled = true }
        for certified in named {
            if let newest, case .policy(_, let cutoff) = certified.certificate.ground, newest >= cutoff {
                progress[certified.position]?.isTooYoung = true
            }
            guard let entry else {
                progress[certified.position]?.isBroken = true
                continue
            }
            progress[certified.position]?.tree.append(MerkleTree.leafHash(of: entry))
        }
        return true
    }

    private func request(of entry: CertifiedErasures.Entry) -> ErasureBegun? {
        guard case .request(let position) = entry.certificate.ground else { return nil }
        return requests[position]
    }

    /// Whether a certificate says that the event, which is there, is gone.
    mutating func isCertified(_ position: Int64) -> Bool {
        let named = erasures.certificates(of: position)
        for certified in named { progress[certified.position]?.isBroken = true }
        return !named.isEmpty
    }

    /// How many events of a stream's class can be missing from it by right.
    func gone(_ retention: RetentionClass, for stream: StreamKey) -> Int64 {
        guard !gone.isEmpty else { return 0 }
        let all = gone[retention, default: 0]
        let held = holds.indices.filter { holds[$0].hold.scope.coversAll(of: stream, retention) }
            .map { goneDuring[$0]?[retention] ?? 0 }
        return all - max(held.max() ?? 0, goneOnRequest[retention]?.count(notOf: stream) ?? 0)
    }

    /// - Parameter missing: versions of streams that are missing, by class; nil if the streams were not read from their
    ///   beginnings.
    mutating func finish(missing: [RetentionClass: Int64]?, findings: inout Findings) {
        for progress in progress.values.sorted(by: { $0.entry.position < $1.entry.position }) {
            let at = progress.entry.position.rawValue
            let certificate = progress.entry.certificate
            if progress.isTooYoung {
                findings.add(at: at, "the certificate names events that were recorded after its cutoff")
            }
            if progress.isHeld { findings.add(at: at, "a legal hold covers events that the certificate names") }
            if progress.isDoubled { findings.add(at: at, "the certificate names events that another one names") }
            guard progress.isWhole, !progress.isBroken else { continue }
            if progress.tree.size != UInt64(certificate.count) || progress.tree.root() != certificate.root {
                findings.add(at: at, "the certificate's root is not that of the entries of the events it names")
            }
        }
        guard let missing else { return }
        for retention in RetentionClass.allCases {
            let (streams, certified) = (missing[retention, default: 0], gone[retention, default: 0])
            if streams != certified {
                findings.add(
                    "\(certified) events of the class \(retention.rawValue) are certified to be gone, "
                        + "its streams lack \(streams)")
            }
        }
    }
}

extension LegalHold.Scope {
    /// Whether every event between that time and the certificate's cutoff is covered, whosoever it was.
    fileprivate func certainlyCovers(_ certificate: ErasureCertificate, after newest: EventTime?) -> Bool {
        guard tenant == nil, subject == nil, stream == nil, retention == nil || retention == certificate.retention
        else {
            return false
        }
        let begins = from.map { from in newest.map { $0 >= from } ?? false } ?? true
        guard let to else { return begins }
        guard case .policy(_, let cutoff) = certificate.ground else { return false }
        return begins && cutoff <= to
    }

    /// Whether all that is destroyed on that request is covered.
    fileprivate func covers(_ request: ErasureBegun) -> Bool {
        stream == nil && retention == nil && from == nil && to == nil && (tenant == nil || tenant == request.tenant)
            && (subject == nil || subject == request.subject)
    }

    /// Whether it covers the whole stream, and is not one on everything of its class.
    fileprivate func coversAll(of key: StreamKey, _ own: RetentionClass) -> Bool {
        subject == nil && from == nil && to == nil && (tenant != nil || stream != nil)
            && (tenant == nil || tenant == key.tenant) && (stream == nil || stream == key.stream)
            && (retention == nil || retention == own)
    }
}
