import CreditDomain
package import EventStore
package import Logging
import ServiceLifecycle

/// The background pass over accounts in which time has made something due: it writes the expiries down, so that the
/// history shows them even if nobody asks for the account.
package struct SettlementService: Service {
    package static let accountsPerPass = 1_000
    package static let pause = Duration.seconds(60)

    let ledger: CreditLedger
    let reader: LogReader
    let clock: WallClock
    let logger: Logger

    package init(ledger: CreditLedger, reader: LogReader, clock: WallClock, logger: Logger) {
        self.ledger = ledger
        self.reader = reader
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await pass() == Self.accountsPerPass { continue }
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("settlement pass failed", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// One bounded pass; returns how many accounts were due.
    package func pass() async throws -> Int {
        let due = try await reader.dueStreams(at: clock.now(), limit: Self.accountsPerPass)
        for key in due {
            guard let product = Streams.product(ofAccount: key.stream) else { continue }
            try await ledger.settle(product, of: key.tenant)
        }
        return due.count
    }
}
