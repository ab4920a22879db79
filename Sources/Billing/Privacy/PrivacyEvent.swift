import CanonicalJSON
package import EventStore
package import Foundation

/// What people ask of their data, and what came of it. The person is the one whose stream it stands in.
package enum PrivacyEvent: Sendable, Hashable {
    case requested(PrivacyRequest)
    case fulfilled(UUID)
    case refused(UUID, PrivacyClosing.Reason)
    /// From here on the person's data is stored, and nothing else.
    case restricted(ProcessingLimit)
    case restrictionLifted(ProcessingLimit)

    package init(closing request: UUID, as closing: PrivacyClosing) {
        switch closing {
        case .fulfilled: self = .fulfilled(request)
        case .refused(let reason): self = .refused(request, reason)
        }
    }

    package var newEvent: NewEvent {
        var json = CanonicalWriter(reserving: 224)
        json.beginObject()
        switch self {
        case .requested(let request): request.write(to: &json)
        case .fulfilled(let request): json.text("request", request.lowercaseText)
        case .refused(let request, let reason):
            json.text("reason", reason.rawValue)
            json.text("request", request.lowercaseText)
        case .restricted(let limit), .restrictionLifted(let limit): json.text("ground", limit.rawValue)
        }
        json.endObject()
        return NewEvent(type, data: json.bytes)
    }

    private var type: EventType {
        switch self {
        case .requested: EventCatalog.privacyRequested
        case .fulfilled: EventCatalog.privacyFulfilled
        case .refused: EventCatalog.privacyRefused
        case .restricted: EventCatalog.processingRestricted
        case .restrictionLifted: EventCatalog.restrictionLifted
        }
    }

    /// Nil if the type is none of these.
    init?(_ type: EventType, _ payload: PayloadReader) throws(EventDecodingError) {
        switch type {
        case EventCatalog.privacyRequested: self = .requested(try PrivacyRequest(payload))
        case EventCatalog.privacyFulfilled: self = .fulfilled(try payload.uuid("request"))
        case EventCatalog.privacyRefused:
            self = .refused(
                try payload.uuid("request"), try payload.value("reason", as: PrivacyClosing.Reason.self))
        case EventCatalog.processingRestricted:
            self = .restricted(try payload.value("ground", as: ProcessingLimit.self))
        case EventCatalog.restrictionLifted:
            self = .restrictionLifted(try payload.value("ground", as: ProcessingLimit.self))
        default: return nil
        }
    }
}
