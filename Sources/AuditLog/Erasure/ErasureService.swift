import Billing
package import EventStore
import Foundation
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
                    let open = try await register.catchUp()
                    await begin(register.waiting)
                    for request in open where await isComplete(request) { register.close(request) }
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
    private func begin(_ people: [DataSubject]) async {
        for person in people {
            do { try await driver.begin(person) } catch {
                logger.error("an erasure can't be begun, trying again", metadata: ["error": "\(error)"])
            }
        }
    }

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
