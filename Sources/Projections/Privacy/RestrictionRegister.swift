package import Billing
package import EventStore
import Foundation
package import Logging
import ServiceLifecycle
import Synchronization

/// Whose data is not to be processed, in memory: asked for every debit, and never a question to the database.
///
/// Fed from the log, whatever process it was written by: what this one records is noted at once, what others record
/// within ``Subscription/pollInterval``.
package final class RestrictionRegister: Service {
    private static let retryPause = Duration.seconds(1)

    fileprivate struct State {
        var limits: [DataSubject: (limits: ProcessingLimits, position: LogPosition)] = [:]
        var next = LogPosition(0)
        var since = EventTime(microseconds: 0)
        var isCurrent = false
    }

    private let reader: LogReader
    private let signal: CommitSignal
    private let logger: Logger
    private let state = Mutex(State())

    /// `reader` with a role that sees all tenants.
    package init(reader: LogReader, signal: CommitSignal, logger: Logger) {
        self.reader = reader
        self.signal = signal
        self.logger = logger
    }

    /// Whether everything was taken that the log held when the register began.
    package var isCurrent: Bool { state.withLock { $0.isCurrent } }

    /// How many people's data is not to be processed.
    package var count: Int { state.withLock { $0.limits.values.count { !$0.limits.isEmpty } } }

    /// Nil while it is not known yet.
    package func limits(of subject: DataSubject) -> ProcessingLimits? {
        state.withLock { $0.isCurrent ? $0.limits[subject]?.limits ?? ProcessingLimits() : nil }
    }

    /// Takes over what this process has recorded itself.
    package func note(_ limits: ProcessingLimits, of subject: DataSubject, at position: LogPosition) {
        state.withLock { state in
            guard state.next <= position, (state.limits[subject]?.position ?? LogPosition(-1)) < position else {
                return
            }
            state.limits[subject] = (limits, position)
        }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let next = try await self.catchUp()
                    await self.signal.wait(beyond: next.rawValue, atMost: Subscription.pollInterval)
                } catch is CancellationError {
                    return
                } catch {
                    guard !Task.isCancelled else { return }
                    self.logger.warning("restrictions can't be read, trying again", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: Self.retryPause)
                }
            }
        }
    }

    /// Takes what the log holds now.
    ///
    /// - Returns: the position up to which it was taken (exclusive).
    @discardableResult
    package func catchUp() async throws -> LogPosition {
        let head = try await reader.head()
        while true {
            let (next, since) = state.withLock { ($0.next, $0.since) }
            let page =
                next < head.nextPosition
                ? try await reader.events(
                    of: .account, category: EventCatalog.processingRestricted.category,
                    at: next..<head.nextPosition, since: since)
                : []
            let isLast = page.count < LogReader.maximumPage
            let decoded = try page.map { event in (event, try DomainEvent(event)) }
            state.withLock { state in
                for (event, payload) in decoded { state.take(payload, of: event) }
                if isLast {
                    state.next = max(state.next, head.nextPosition)
                    state.since = head.recordedAt
                    state.isCurrent = true
                } else if let last = page.last {
                    state.next = LogPosition(last.position.rawValue + 1)
                    state.since = last.recordedAt
                }
            }
            if isLast { return head.nextPosition }
        }
    }
}

extension RestrictionRegister.State {
    fileprivate mutating func take(_ payload: DomainEvent, of event: RecordedEvent) {
        let name = event.stream.stream.name
        guard case .privacy(let privacy) = payload, let handle = UUID(text: name.dropFirst("restriction-".count))
        else { return }
        let subject = DataSubject(event.stream.tenant, ActorHandle(handle))
        var entry = limits[subject] ?? (ProcessingLimits(), LogPosition(-1))
        // What this process recorded itself was noted before.
        if entry.position < event.position {
            entry.limits.evolve(privacy)
            entry.position = event.position
        } else if entry.position > event.position {
            return
        }
        limits[subject] = entry.limits.isEmpty ? nil : entry
    }
}
