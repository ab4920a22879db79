package import Logging
import ServiceLifecycle

/// Ends accesses, all the time.
package struct StaffAccessService: Service {
    private static let pollInterval = Duration.seconds(2)

    let ender: AccessEnder
    let logger: Logger

    package init(ender: AccessEnder, logger: Logger) {
        self.ender = ender
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await ender.run() } catch {
                    if Task.isCancelled { return }
                    logger.error(
                        "accesses of staff can't be looked after, trying again", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.pollInterval)
            }
        }
    }
}
