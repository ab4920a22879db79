package import EventStore
package import Logging
import Retention
import ServiceLifecycle

/// Sweeps unused tokens when a new day begins (UTC). Any number of services may: a token is destroyed once.
package struct TokenSweepService: Service {
    private static let pauseAfterFailure = Duration.seconds(60)

    let vault: TokenVault
    let clock: WallClock
    /// How often the day is looked at.
    let pollInterval: Duration
    let logger: Logger

    package init(vault: TokenVault, clock: WallClock, pollInterval: Duration = .seconds(5), logger: Logger) {
        self.vault = vault
        self.clock = clock
        self.pollInterval = pollInterval
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var swept: CivilDay?
            while !Task.isCancelled {
                let day = CivilDay(of: clock.now())
                if day != swept {
                    do {
                        let count = try await vault.sweep()
                        if count > 0 { logger.info("unused tokens are gone", metadata: ["count": "\(count)"]) }
                        swept = day
                    } catch {
                        if Task.isCancelled { return }
                        logger.error("unused tokens could not be swept", metadata: ["error": "\(error)"])
                        try? await Task.sleep(for: Self.pauseAfterFailure)
                    }
                }
                try? await Task.sleep(for: pollInterval)
            }
        }
    }
}
