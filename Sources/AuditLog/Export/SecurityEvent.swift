import Billing
import CanonicalJSON
import EventStore
import Foundation

/// An event in the words of the Open Cybersecurity Schema Framework, for the types that one of its classes fits. Credits
/// and captures are business, not security: no class fits them.
///
/// https://schema.ocsf.io/1.4.0: the attributes that every class requires, those that its class requires, and of the
/// recommended ones what the log knows.
struct SecurityEvent {
    static let schemaVersion = "1.4.0"

    private enum Class: Int64 {
        case accountChange = 3_001
        case entityManagement = 3_004
        case apiActivity = 6_003

        /// Identity & Access Management is category 3, Application Activity category 6.
        var category: Int64 { rawValue / 1_000 }
    }

    private enum Activity: Int64 {
        case create = 1
        case read = 2
    }

    let object: JSONObject

    /// Nil if no class fits the event.
    init?(_ event: RecordedEvent, payload: JSONObject, origin: String) {
        var object: JSONObject
        switch event.type {
        case EventCatalog.auditRead.name:
            object = Self.base(.apiActivity, .read, event, origin)
            var api: JSONObject = [
                "operation": .string("GET \(payload["route"]?.stringValue ?? "unknown")"),
                "service": .object(["name": .string("zentriq")]), "version": .string("v1"),
            ]
            if let request = event.request { api["request"] = .object(["uid": .string(request.lowercaseText)]) }
            object["api"] = .object(api)
            // Where readers sit is not recorded; the class wants an endpoint with a name all the same.
            object["src_endpoint"] = .object(["name": .string("unknown")])
            object["resources"] = .array([
                .object(["type": .string("tenant"), "uid": .string(event.stream.tenant.rawValue.lowercaseText)])
            ])
            object["actor"] = .object(
                event.actor.map(Self.actor) ?? ["app_name": .string("zentriq")])
        case EventCatalog.subjectRegistered.name:
            object = Self.base(.accountChange, .create, event, origin)
            let handle = event.stream.stream.name.dropFirst(event.stream.stream.category.utf8.count + 1)
            object["user"] = .object(["type_id": .integer(1), "uid": .string(String(handle))])
            object["actor"] = event.actor.map { .object(Self.actor($0)) }
        case EventCatalog.tenantRegistered.name:
            object = Self.base(.entityManagement, .create, event, origin)
            // 99: a type that OCSF has no number for, named in the member `type`.
            object["entity"] = .object([
                "type": .string("tenant"), "type_id": .integer(99),
                "uid": .string(event.stream.tenant.rawValue.lowercaseText),
            ])
            object["actor"] = event.actor.map { .object(Self.actor($0)) }
        default: return nil
        }
        self.object = object
    }

    private static func base(
        _ eventClass: Class, _ activity: Activity, _ event: RecordedEvent, _ origin: String
    ) -> JSONObject {
        [
            "activity_id": .integer(activity.rawValue), "category_uid": .integer(eventClass.category),
            "class_uid": .integer(eventClass.rawValue),
            "metadata": .object([
                "event_code": .string(event.type), "log_name": .string(origin),
                "product": .object(["name": .string("zentriq"), "vendor_name": .string("Zentriq")]),
                "tenant_uid": .string(event.stream.tenant.rawValue.lowercaseText),
                "uid": .string(event.id.lowercaseText), "version": .string(schemaVersion),
            ]),
            "severity_id": .integer(1), "status_id": .integer(1),
            // Milliseconds since 1970.
            "time": .integer(event.recordedAt.microseconds / 1_000),
            "type_uid": .integer(eventClass.rawValue * 100 + activity.rawValue),
        ]
    }

    private static func actor(_ handle: ActorHandle) -> JSONObject {
        ["user": .object(["uid": .string(handle.rawValue.lowercaseText)])]
    }
}
