package import EventStore
package import TransparencyLog

/// What a verification looked at, and what it found.
package struct VerificationReport: Sendable {
    /// The first position that was read; what is before it was taken from the tiles.
    package let from: LogPosition
    /// Events that the head accounts for.
    package let size: UInt64
    package let root: TreeHash
    /// The key that signs, a verifier key.
    package let signer: String
    package let streams: Int
    package let accounts: Int
    package let seals: SealCount
    /// Stored answers that were compared with their events.
    package let answers: Int64
    /// The size of the log at an earlier run, from whose checkpoint it follows. Nil if none was given.
    package let earlierSize: UInt64?
    /// The restores that the log tells of: what was lost by them is not in it.
    package let restorations: [LogRestoration]
    package let findings: Findings
    /// To be kept until the next run. Nil if anything was found.
    package let checkpoint: SeenCheckpoint?

    package var isGood: Bool { findings.isEmpty }

    /// What this run could not tell, in words.
    package var unchecked: [String] {
        var unchecked: [String] = []
        if from.rawValue > 0 {
            unchecked.append(
                "events before position \(from.rawValue) were not read; their tree was taken from the tiles")
            unchecked.append("balances and the states of accounts were not compared: that takes all events")
            unchecked.append("versions of streams were followed from their first event that was read")
        }
        if seals.unopened > 0 {
            unchecked.append(
                "\(seals.unopened) sealed events were not opened, for want of the key-encryption key: that their rows are "
                    + "what their entries commit to was not compared, nor their answers")
        }
        if seals.destroyed > 0 {
            unchecked.append(
                "\(seals.destroyed) sealed events can't be opened any more: their subjects' keys were destroyed")
        }
        if earlierSize == nil {
            unchecked.append("no checkpoint of an earlier run: a log that was cut short before would not be noticed")
        }
        return unchecked
    }
}
