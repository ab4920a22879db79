package import Billing
package import EventStore
package import Foundation

/// The erasures that have begun and are not complete, and those that were asked for and have not begun: between the two
/// the process can die that was asked.
package struct OpenErasures: Sendable {
    package private(set) var open: [UUID: ErasureBegun] = [:]
    /// By people, at the interface; what comes by other ways, those begin who have found out who asks.
    private var asked: [UUID: DataSubject] = [:]
    private var erasures: CategoryFollower
    private var requests: CategoryFollower

    /// - Parameter reader: with a role that sees all tenants.
    package init(reader: LogReader) {
        erasures = CategoryFollower(of: EventCatalog.erasureBegun, reader: reader)
        requests = CategoryFollower(of: EventCatalog.privacyRequested, reader: reader)
    }

    /// Reads what was recorded since the last time.
    ///
    /// - Returns: what is open: people before whole tenants, as the keys of a tenant wait for them; then by when it is due.
    package mutating func catchUp() async throws -> [UUID] {
        for case (.erasure(let erasure), let stream) in try await erasures.catchUp() {
            take(erasure, in: stream.stream)
        }
        for case (.privacy(let privacy), let stream) in try await requests.catchUp() { take(privacy, in: stream) }
        return open.values.sorted { ($0.subject == nil ? 1 : 0, $0.due) < ($1.subject == nil ? 1 : 0, $1.due) }
            .map(\.request)
    }

    /// Who has asked, is not answered, and whose erasure has not begun.
    package var waiting: [DataSubject] {
        let begun = Set(open.values.compactMap { begun in begun.subject.map { DataSubject(begun.tenant, $0) } })
        return asked.values.filter { !begun.contains($0) }
    }

    package mutating func close(_ request: UUID) { open[request] = nil }

    package func overdueCount(at now: EventTime) -> Int { open.values.count { $0.due < now } }

    private mutating func take(_ erasure: ErasureEvent, in stream: StreamID) {
        switch erasure {
        case .begun(let begun): open[begun.request] = begun
        case .reached(.certified):
            if let request = UUID(text: stream.name.dropFirst("erasure-".count)) { open[request] = nil }
        case .reached, .storeAnswered: break
        }
    }

    private mutating func take(_ privacy: PrivacyEvent, in stream: StreamKey) {
        switch privacy {
        case .requested(let request) where request.kind == .erasure && request.channel == .interface:
            guard let handle = UUID(text: stream.stream.name.dropFirst("privacy-".count)) else { return }
            asked[request.id] = DataSubject(stream.tenant, ActorHandle(handle))
        case .fulfilled(let request), .refused(let request, _): asked[request] = nil
        case .requested, .restricted, .restrictionLifted: break
        }
    }
}
