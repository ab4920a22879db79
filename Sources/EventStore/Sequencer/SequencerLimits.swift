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
    /// Outcomes kept in memory: at least four for each command of a batch.
    package var cachedOutcomes = 32_768
    /// How often a batch is tried, for whatever reason, before its callers are told to try again themselves.
    package var attempts = 16
    /// How long a batch is tried again after something went wrong with the database, in seconds.
    package var retrySeconds = 2
    /// How long the head may stay locked by a writer that does nothing, in seconds.
    package var lockSeconds = 5
    /// What a refused caller is told to wait, in seconds.
    package var retryAfterSeconds = 1
    /// How long one statement of the write path may take, in seconds.
    package var statementSeconds = 20

    package init() {}
}
