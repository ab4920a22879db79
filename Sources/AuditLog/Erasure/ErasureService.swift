package import Billing
package import EventStore
package import Foundation
package import Logging
import Metrics
import ServiceLifecycle

/// Carries on what erasures are open, until they are complete.
package struct ErasureService: Service {
    private static let pollInterval = Duration.seconds(5)

    let driver: ErasureDriver
    let reader: LogReader
    let logger: Logger

    /// - Parameter reader: with a role that sees all tenants.
    package init(driver: ErasureDriver, reader: LogReader, logger: Logger) {
        self.driver = driver
        self.reader = reader
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var register = OpenErasures(reader: reader)
            while !Task.isCancelled {
                do {
                    for request in try await register.catchUp() where await isComplete(request) {
                        register.close(request)
                    }
                    Gauge(label: "zentriq_erasures_open").record(register.open.count)
                    Gauge(label: "zentriq_erasures_overdue").record(register.overdueCount(at: driver.clock.now()))
                } catch {
                    if Task.isCancelled { return }
                    logger.error("the erasures can't be read, trying again", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.pollInterval)
            }
        }
    }
}

extension ErasureService {
    /// Carries one on. One that fails is no reason for the others to wait.
    private func isComplete(_ request: UUID) async -> Bool {
        do { return try await driver.advance(request)?.process.isComplete == true } catch {
            logger.error(
                "an erasure can't be carried on, trying again",
                metadata: ["request": "\(request.lowercaseText)", "error": "\(error)"])
            return false
        }
    }
}

/// The erasures that have begun and are not complete, the oldest first.
package struct OpenErasures: Sendable {
    let reader: LogReader
    package private(set) var open: [UUID: ErasureBegun] = [:]
    private var next = LogPosition(0)
    private var since = EventTime(microseconds: 0)

    package init(reader: LogReader) {
        self.reader = reader
    }

    /// Reads what was recorded since the last time.
    package mutating func catchUp() async throws -> [UUID] {
        let head = try await reader.head()
        while next < head.nextPosition {
            let page = try await reader.events(
                of: .system, category: EventCatalog.erasureBegun.category, at: next..<head.nextPosition, since: since)
            for event in page {
                guard case .erasure(let erasure) = try DomainEvent(event) else { continue }
                take(erasure, in: event.stream.stream)
            }
            guard page.count == LogReader.maximumPage, let last = page.last else { break }
            (next, since) = (LogPosition(last.position.rawValue + 1), last.recordedAt)
        }
        (next, since) = (head.nextPosition, head.recordedAt)
        return open.values.sorted { $0.due < $1.due }.map(\.request)
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
}
