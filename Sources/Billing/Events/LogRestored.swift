import CanonicalJSON
package import EventStore
package import TransparencyLog

/// The database was restored from a backup, and what had been appended since is lost. The first event after it, under a
/// key that has signed nothing of the lost history: no key ever signs two.
package struct LogRestored: Sendable, Equatable {
    /// From this position on the log's events are others than those of the lost history.
    package let from: LogPosition
    /// The newest checkpoint of the lost history that is known.
    package let lost: SignedCheckpoint
    /// Who signed that.
    package let signer: NoteVerifier

    package init(from: LogPosition, lost: SignedCheckpoint, signer: NoteVerifier) {
        self.from = from
        self.lost = lost
        self.signer = signer
    }

    package var newEvent: NewEvent {
        var json = CanonicalWriter(reserving: 512)
        json.beginObject()
        json.text("checkpoint", String(decoding: lost.encoded(), as: UTF8.self))
        json.position("from", from)
        json.text("signer", signer.text)
        json.endObject()
        return NewEvent(EventCatalog.restored, data: json.bytes)
    }

    init(_ payload: PayloadReader) throws {
        self.init(
            from: LogPosition(try payload.integerText("from")),
            lost: try SignedCheckpoint(parsing: Array(try payload.string("checkpoint").utf8)),
            signer: try NoteVerifier(parsing: try payload.string("signer")))
    }
}
