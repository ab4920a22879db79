import CanonicalJSON
package import EventStore
import TransparencyLog

/// What is recorded of an erasure, in its own stream of the system's tenant: enough to go on after any crash.
package enum ErasureEvent: Sendable, Hashable {
    case begun(ErasureBegun)
    case reached(ErasureStage)
    /// - Parameter receipt: SHA-256 of what the store has signed.
    case storeAnswered(store: String, receipt: [UInt8])

    package var newEvent: NewEvent {
        var json = CanonicalWriter(reserving: 256)
        json.beginObject()
        switch self {
        case .begun(let begun): begun.write(to: &json)
        case .reached(let stage): json.text("stage", stage.name)
        case .storeAnswered(let store, let receipt):
            json.text("receipt", Base64.encode(receipt))
            json.text("store", store)
        }
        json.endObject()
        return NewEvent(type, data: json.bytes)
    }

    private var type: EventType {
        switch self {
        case .begun: EventCatalog.erasureBegun
        case .reached: EventCatalog.erasureReached
        case .storeAnswered: EventCatalog.erasureStoreAnswered
        }
    }

    /// Nil if the type is none of these.
    init?(_ type: EventType, _ payload: PayloadReader) throws(EventDecodingError) {
        switch type {
        case EventCatalog.erasureBegun: self = .begun(try ErasureBegun(payload))
        case EventCatalog.erasureReached:
            guard let stage = ErasureStage(name: try payload.string("stage")) else {
                throw .malformed(type: type.name, reason: "there is no such stage")
            }
            self = .reached(stage)
        case EventCatalog.erasureStoreAnswered:
            guard let receipt = Base64.decode(Array(try payload.string("receipt").utf8)), receipt.count == 32 else {
                throw .malformed(type: type.name, reason: "the receipt is no hash")
            }
            self = .storeAnswered(store: try payload.string("store"), receipt: receipt)
        default: return nil
        }
    }
}
