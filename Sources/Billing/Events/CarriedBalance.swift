import CanonicalJSON
package import CreditDomain
package import EventStore

/// An account as it was after the last of its events that were destroyed: where folding what is left of it begins.
package struct CarriedBalance: Sendable, Equatable {
    /// Of the account's stream: its last event that is in the state.
    package let version: StreamVersion
    /// Of that event.
    package let through: LogPosition
    package let state: AccountState

    package init(version: StreamVersion, through: LogPosition, state: AccountState) {
        self.version = version
        self.through = through
        self.state = state
    }

    package var newEvent: NewEvent {
        let snapshot = state.snapshot()
        var json = CanonicalWriter(reserving: 128 + snapshot.count)
        json.beginObject()
        json.key("state")
        json.raw(snapshot)
        json.position("through", through)
        json.key("version")
        json.integerText(version.rawValue)
        json.endObject()
        return NewEvent(EventCatalog.carried, data: json.bytes)
    }

    init(_ object: JSONObject, _ payload: PayloadReader) throws {
        guard let state = object["state"] else {
            throw EventDecodingError.malformed(type: EventCatalog.carried.name, reason: "it has no state")
        }
        self.init(
            version: StreamVersion(try payload.integerText("version")),
            through: LogPosition(try payload.integerText("through")),
            state: try AccountState(snapshot: state.canonicalBytes()))
    }
}
