package import Billing
package import EventStore
import Foundation
package import Retention

/// The legal holds of a log.
package struct HoldRegister: Sendable {
    package struct Entry: Sendable {
        package let hold: LegalHold
        package let placedAt: EventTime
        package fileprivate(set) var release: HoldRelease?
        package fileprivate(set) var releasedAt: EventTime?

        package func isInForce(at time: EventTime) -> Bool {
            release == nil && hold.isInForce(at: time)
        }
    }

    let reader: LogReader

    /// `reader` with the gateway's role, or one that sees all tenants.
    package init(reader: LogReader) {
        self.reader = reader
    }

    /// All that ever were, the oldest first, and the version of their stream.
    package func all() async throws -> (entries: [Entry], version: StreamVersion) {
        var entries: [Entry] = []
        var version = StreamVersion.none
        while true {
            let page = try await reader.stream(
                StreamKey(.system, Streams.hold), of: .system, from: version.next)
            for event in page {
                version = event.version
                switch try DomainEvent(event) {
                case .holdPlaced(let hold): entries.append(Entry(hold: hold, placedAt: event.recordedAt))
                case .holdReleased(let release):
                    guard let index = entries.firstIndex(where: { $0.hold.id == release.hold }) else { continue }
                    entries[index].release = release
                    entries[index].releasedAt = event.recordedAt
                default: throw LogError.corrupt("position \(event.position.rawValue) is no hold")
                }
            }
            if page.count < LogReader.maximumPage { return (entries, version) }
        }
    }

    package func place(_ hold: LegalHold, now: EventTime, with ledger: CreditLedger, by requester: Requester)
        async throws
    {
        guard hold.isInForce(at: now) else { throw RetentionError.refused(["the hold is over before it begins"]) }
        let (entries, version) = try await all()
        guard !entries.contains(where: { $0.hold.id == hold.id }) else {
            throw RetentionError.refused(["there is such a hold already"])
        }
        _ = try await ledger.record(hold.newEvent, in: Streams.hold, after: version, by: requester)
    }

    package func release(_ release: HoldRelease, with ledger: CreditLedger, by requester: Requester) async throws {
        let (entries, version) = try await all()
        guard let entry = entries.first(where: { $0.hold.id == release.hold }) else {
            throw RetentionError.refused(["there is no such hold"])
        }
        guard entry.release == nil else { throw RetentionError.refused(["the hold was released before"]) }
        _ = try await ledger.record(release.newEvent, in: Streams.hold, after: version, by: requester)
    }
}
