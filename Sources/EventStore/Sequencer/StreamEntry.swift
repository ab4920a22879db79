/// The head of a stream in memory. A nil state: no command was ever decided on it.
struct StreamEntry<State: StreamState>: Sendable {
    var version: StreamVersion
    var state: State?
}

/// Stream heads known to be those of the log's current size.
typealias StreamCache<State: StreamState> = GenerationalCache<StreamKey, StreamEntry<State>>
