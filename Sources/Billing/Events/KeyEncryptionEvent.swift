import CanonicalJSON
package import EventStore

/// What became of the key-encryption key. Nothing in it is about a person, or tells anything of the key.
package enum KeyEncryptionEvent: Sendable, Hashable {
    /// From now on that version wraps. Recorded before it wraps anything.
    case activated(version: Int32, provider: String, fingerprint: String)
    /// No key is wrapped with an older version any more; how many were wrapped anew by who finished that.
    case rewrapped(version: Int32, count: Int64)
    /// The version was destroyed where it was kept, after nothing was wrapped with it.
    case retired(version: Int32)

    package var newEvent: NewEvent {
        var json = CanonicalWriter(reserving: 128)
        json.beginObject()
        let type: EventType
        switch self {
        case .activated(let version, let provider, let fingerprint):
            type = EventCatalog.kekActivated
            json.text("fingerprint", fingerprint)
            json.text("provider", provider)
            json.key("version")
            json.integer(Int(version))
        case .rewrapped(let version, let count):
            type = EventCatalog.kekRewrapped
            json.key("count")
            json.integerText(count)
            json.key("version")
            json.integer(Int(version))
        case .retired(let version):
            type = EventCatalog.kekRetired
            json.key("version")
            json.integer(Int(version))
        }
        json.endObject()
        return NewEvent(type, data: json.bytes)
    }

    /// Nil if the type is none of these.
    init?(_ type: EventType, _ payload: PayloadReader) throws(EventDecodingError) {
        func version() throws(EventDecodingError) -> Int32 {
            guard let version = Int32(exactly: try payload.integer("version")), version > 0 else {
                throw .malformed(type: type.name, reason: "version is no version")
            }
            return version
        }
        switch type {
        case EventCatalog.kekActivated:
            self = .activated(
                version: try version(), provider: try payload.string("provider"),
                fingerprint: try payload.string("fingerprint"))
        case EventCatalog.kekRewrapped:
            self = .rewrapped(version: try version(), count: try payload.integerText("count"))
        case EventCatalog.kekRetired: self = .retired(version: try version())
        default: return nil
        }
    }
}
