/// Mistakes that a simulation is told to make, to see that its checks find them.
enum PlantedBug: CaseIterable {
    /// The database appends without comparing the head's size and epoch.
    case headNotCompared
    /// The database answers an append before it is committed.
    case answeredBeforeCommit
    /// The head's epoch is not raised, nor its lock waited for, before an append in doubt is looked for.
    case notFenced
    /// An append whose answer was lost is taken for one that was not carried out.
    case triedAgainBlindly
    /// Whether an append in doubt is in the log is told from the log's size at the time of connecting.
    case settledFromMemory
    /// What a refusal rests on is not looked up.
    case refusedFromMemory
}
