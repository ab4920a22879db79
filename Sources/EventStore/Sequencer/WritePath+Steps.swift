/// What the write path asks for, and what may come of it.
extension WritePath {
    enum Action: Sendable {
        /// Open a connection in the place of the last one, and fence the log off: `connected` or `unreachable`.
        case connect(afterPause: Bool)
        /// Wait for commands: `taken` or `closed`.
        case take
        case ask(Request)
        /// Give these commands of the batch their results, put those back for which there is none, and tell of what was
        /// committed: `answered`.
        case answer(Range<Int>, [Plan<State>.Result], AppendBatch?)
        /// Give all these commands of the batch this error: `answered`.
        case refuse(Range<Int>, LogError)
        case stop
    }

    /// For the database. Answered by what is named here, or `failed`.
    enum Request: Sendable {
        /// Read stream heads: `loaded`.
        case load([StreamKey])
        /// Begin a transaction in which nobody else can append, and read what holds as long as it lasts: `locked`.
        case lock([StreamKey], [OutcomeKey])
        /// End that transaction: `unlocked`.
        case unlock
        /// Read which keys are taken, and after that the head: `lookedUp`.
        case lookUp([OutcomeKey])
        /// Sign and append, and commit the transaction if there is one: `appended`.
        case append(AppendBatch)
        /// Look whether the append of an earlier connection is in the log; if it is not, it never will be: `settled`.
        case settle(AppendBatch)
        /// Make the partitions of a time: `partitionsMade`.
        case makePartitions(EventTime)
    }

    enum Event: Sendable {
        case connected(LogHead)
        case unreachable(Closing?)
        case taken([Command<State>])
        case closed
        case loaded([StreamEntry<State>])
        case locked(Locked)
        case unlocked
        case lookedUp(KnownOutcomes)
        case appended(AppendStatus)
        case settled(isInLog: Bool)
        case partitionsMade
        case answered
        /// No transaction is left open.
        case failed(Failure)
    }

    typealias KnownOutcomes = (outcomes: [(OutcomeKey, Outcome)], head: LogHead)
    typealias Locked = (head: LogHead, streams: [StreamEntry<State>], outcomes: [(OutcomeKey, Outcome)])
    typealias AppendStatus = LogDatabase.Answer

    enum Failure: Sendable {
        /// False: what was asked for was not carried out.
        case connectionLost(mayHaveHappened: Bool)
        /// Nothing is wrong with the batch: time-outs, deadlocks.
        case passing
        case missingPartition
        /// Of the batch: without one of its commands it might go through.
        case data
        /// Trying again won't help.
        case lasting
    }

    /// That no more commands are taken.
    enum Closing: Sendable {
        /// What is queued is still carried out.
        case gracefully
        case cancelled
    }

    /// When something happened: by the calendar, which may jump, and by a clock that only goes forward.
    struct Moment: Sendable {
        let wall: EventTime
        let steady: ContinuousClock.Instant
    }
}
