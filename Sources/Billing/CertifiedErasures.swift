package import EventStore
package import Retention

/// The certificates of a log, asked in the order of positions: which one says that an event is gone?
package struct CertifiedErasures: Sendable {
    package struct Entry: Sendable {
        /// Where the certificate stands, and since when.
        package let position: LogPosition
        package let recordedAt: EventTime
        package let certificate: ErasureCertificate

        package init(position: LogPosition, recordedAt: EventTime, certificate: ErasureCertificate) {
            self.position = position
            self.recordedAt = recordedAt
            self.certificate = certificate
        }
    }

    /// Those that begin later, the next one last.
    private var waiting: [Entry] = []
    /// Those that begin at or before the position asked last, and end after it.
    private var active: [Entry] = []

    package init() {}

    /// Whether none was added, or none that is still to come.
    package var isEmpty: Bool { waiting.isEmpty && active.isEmpty }

    package mutating func add(_ entries: [Entry]) {
        guard !entries.isEmpty else { return }
        waiting = (waiting + entries).sorted { $0.certificate.positions.first > $1.certificate.positions.first }
    }

    /// The certificates that name a position: one, if all is well. Positions that are asked never go back.
    package mutating func certificates(of position: Int64) -> [Entry] {
        while let next = waiting.last, next.certificate.positions.first <= position {
            active.append(next)
            waiting.removeLast()
        }
        guard !active.isEmpty else { return [] }
        if active.contains(where: { $0.certificate.positions.end <= position }) {
            active.removeAll { $0.certificate.positions.end <= position }
        }
        return active.filter { $0.certificate.positions.contains(position) }
    }
}
