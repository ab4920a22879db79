package import EventStore
package import Logging
import Metrics
package import Sealing
import ServiceLifecycle

/// Keeps up with the key-encryption key: which version wraps, how old it is. Warns from day 80 on, and at day 90 rotates it and
/// wraps everything anew, where that is configured. Of several services on one log, one rotates.
package struct KeyRotationService: Service {
    let epochs: KeyEpochs
    let keys: KeyEncryptionKeys
    let rotator: KeyRotator?
    let clock: WallClock
    /// How often the epochs are looked at; a key that was destroyed is in memory that long at most.
    let pollInterval: Duration
    let logger: Logger

    /// - Parameter rotator: nil to warn only.
    package init(
        epochs: KeyEpochs, keys: KeyEncryptionKeys, rotator: KeyRotator?, clock: WallClock,
        pollInterval: Duration = .seconds(30), logger: Logger
    ) {
        self.epochs = epochs
        self.keys = keys
        self.rotator = rotator
        self.clock = clock
        self.pollInterval = pollInterval
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var warned: Int64?
            var done: [KeyEpoch] = []
            while !Task.isCancelled {
                do {
                    var known = try await epochs.refresh(keys)
                    if try await rotate(ifDue: known) { known = try await epochs.refresh(keys) }
                    // What a rotation before has left undone is done now, once.
                    if let rotator, known != done {
                        try await rewrap(rotator)
                        done = known
                    }
                    tell(known, &warned)
                } catch KeyRotator.Refusal.busy {
                    logger.debug("somebody else rotates the key-encryption key")
                } catch {
                    if Task.isCancelled { return }
                    logger.error("the key-encryption key could not be looked after", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: pollInterval)
            }
        }
    }

    private func rotate(ifDue known: [KeyEpoch]) async throws -> Bool {
        guard let rotator, let age = KeyStatus.ageDays(known, at: clock.now()), age >= KeyStatus.maximumAge else {
            return false
        }
        let key = try await rotator.rotate(after: known.last?.version)
        logger.notice("the key-encryption key was rotated", metadata: ["version": "\(key.version)"])
        return true
    }

    private func rewrap(_ rotator: KeyRotator) async throws {
        let count = try await rotator.rewrap()
        if count > 0 { logger.notice("keys were wrapped anew", metadata: ["count": "\(count)"]) }
    }

    /// Metrics, and once a day a warning.
    private func tell(_ known: [KeyEpoch], _ warned: inout Int64?) {
        Gauge(label: "zentriq_kek_versions").record(known.count { $0.state != .retired })
        guard let age = KeyStatus.ageDays(known, at: clock.now()) else { return }
        Gauge(label: "zentriq_kek_age_days").record(age)
        guard age >= KeyStatus.warningAge, age != warned else { return }
        warned = age
        logger.warning(
            "the key-encryption key is to be rotated: zentriq keys kek rotate",
            metadata: ["age_days": "\(age)", "due_days": "\(KeyStatus.maximumAge)"])
    }
}
