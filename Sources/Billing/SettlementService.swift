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
                    if try await pass().settled == Self.accountsPerPass { continue }
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("settlement pass failed", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    package struct Pass: Sendable, Equatable {
        package var settled: Int
        package var failed: Int

        package init(settled: Int = 0, failed: Int = 0) {
            self.settled = settled
            self.failed = failed
        }
    }

    /// One bounded pass, the longest overdue accounts first. One that can't be settled does not keep the others from it.
    @discardableResult
    package func pass() async throws -> Pass {
        var pass = Pass()
        var failure: (any Error)?
        for key in try await reader.dueStreams(at: clock.now(), limit: Self.accountsPerPass) {
            try Task.checkCancellation()
            guard let product = Streams.product(ofAccount: key.stream) else { continue }
            do {
                try await ledger.settle(product, of: key.tenant)
                pass.settled += 1
            } catch LogError.stopped {
                throw LogError.stopped
            } catch {
                pass.failed += 1
                failure = error
            }
        }
        if let failure {
            logger.error(
                "accounts could not be settled", metadata: ["accounts": "\(pass.failed)", "last_error": "\(failure)"])
        }
        return pass
    }
}
