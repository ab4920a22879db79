/// What a command is decided with: the states of its streams, the time, and the events it adds.
package struct Draft<State: StreamState>: ~Copyable {
    /// Recorded with all events of the command. Never before the log's newest event.
    package let now: EventTime
    /// Position of the event that took the command's claim earlier, if one did.
    package let claimHolder: LogPosition?
    let firstPosition: LogPosition
    private(set) var streams: [(id: StreamID, entry: StreamEntry<State>)]
    private(set) var events: [(stream: Int, version: StreamVersion, event: NewEvent)] = []

    init(
        now: EventTime, firstPosition: LogPosition, claimHolder: LogPosition?,
        streams: [(id: StreamID, entry: StreamEntry<State>)]
    ) {
        self.now = now
        self.firstPosition = firstPosition
        self.claimHolder = claimHolder
        self.streams = streams
    }

    /// The position that the next event gets, if nothing comes in between; it won't: appends are atomic.
    package var nextPosition: LogPosition { LogPosition(firstPosition.rawValue + Int64(events.count)) }

    /// How many events one of the command's streams has, those of the command included.
    package func version(of stream: StreamID) -> StreamVersion {
        streams[index(of: stream)].entry.version
    }

    /// The state of one of the command's streams, with what the command appended itself.
    package func state(of stream: StreamID) -> State {
        streams[index(of: stream)].entry.state ?? State()
    }

    package mutating func setState(_ state: State, of stream: StreamID) {
        streams[index(of: stream)].entry.state = state
    }

    /// Adds an event at the end of one of the command's streams, and returns the position it will have.
    @discardableResult
    package mutating func append(_ event: NewEvent, to stream: StreamID) -> LogPosition {
        precondition(stream.category == event.type.category, "\(event.type.name) doesn't belong into \(stream.name)")
        let position = nextPosition
        let index = index(of: stream)
        streams[index].entry.version = streams[index].entry.version.next
        events.append((index, streams[index].entry.version, event))
        return position
    }

    private func index(of stream: StreamID) -> Int {
        guard let index = streams.firstIndex(where: { $0.id == stream }) else {
            preconditionFailure("a command names its streams beforehand; \(stream.name) is not among them")
        }
        return index
    }
}
