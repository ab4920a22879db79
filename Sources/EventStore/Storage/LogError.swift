/// What goes wrong with the log itself. A command's own refusal is not among these.
package enum LogError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The queue is full; try again after that many seconds.
    case overloaded(retryAfterSeconds: Int)
    /// The database does not take appends at present; the command was not carried out.
    case unavailable
    /// Nobody can tell at present whether the command was carried out: a retry with the same key settles it.
    case outcomeUnknown
    /// The service is shutting down; the command was not carried out.
    case stopped
    /// The key was used before, for another request.
    case keyReused
    /// An event about a person was to be appended without the person's key.
    case notSealable
    /// A row contradicts the log: what, in words.
    case corrupt(String)
    /// Another key than ours signs for the log: its verifier key.
    case otherSigner(String)
    /// The head is not one that our key has signed: somebody else has appended.
    case foreignHead
    /// The database server would lose acknowledged events in a crash.
    case notDurable(String)

    package var description: String {
        switch self {
        case .overloaded(let seconds): "the queue of the log is full, try again in \(seconds) s"
        case .unavailable: "the log cannot be appended to at present"
        case .outcomeUnknown: "it is not known yet whether the command was carried out, retry it with the same key"
        case .stopped: "the service is shutting down"
        case .keyReused: "the key was used before, for another request"
        case .notSealable: "the event is about a person, and comes without an actor to seal it for"
        case .corrupt(let reason): "the log is damaged: \(reason)"
        case .otherSigner(let key):
            "the log is signed by another key, \(key): configure that one (ZENTRIQ_LOG_KEY_FILE)"
        case .foreignHead: "the log's head is not one that its key has signed; run: zentriq verify log"
        case .notDurable(let reason): "refusing to start: \(reason)"
        }
    }
}
