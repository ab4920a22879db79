/// What commands of a stream are decided on: the fold of its events, kept in memory and in the stream's head.
package protocol StreamState: Sendable {
    /// The state before the first event.
    init()
    /// Reads what ``snapshot()`` wrote. Throws if it was not.
    init(snapshot: [UInt8]) throws
    /// The state in canonical JSON; the same state always gives the same bytes.
    func snapshot() -> [UInt8]
    /// When the state next changes by the passing of time alone; nil if it won't.
    var dueAt: EventTime? { get }
}
