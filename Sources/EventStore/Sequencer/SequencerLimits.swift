/// Every bound of the write path, in one place.
package struct SequencerLimits: Sendable {
    /// Commands that may wait; one more is refused with ``LogError/overloaded(retryAfterSeconds:)``.
    package var queuedCommands = 8_192
    /// Commands taken into one append.
    package var batchCommands = 512
    /// Events of one append, after which no further command is taken into it.
    package var batchEvents = 1_536
    /// Bytes of one append, after which no further command is taken into it.
    package var batchBytes = 4 << 20
    /// Stream heads kept in memory.
    package var cachedStreams = 50_000
    /// Outcomes kept in memory.
    package var cachedOutcomes = 32_768
    /// How often a batch is decided anew because another writer came first, before its callers are told to try again.
    package var attempts = 16
    /// What a refused caller is told to wait, in seconds.
    package var retryAfterSeconds = 1
    /// How long one statement of the write path may take, in seconds.
    package var statementSeconds = 20

    package init() {}
}
