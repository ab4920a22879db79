package import CanonicalJSON
package import EventStore
import TransparencyLog

/// An event as the world outside reads it: a CloudEvents 1.0 envelope in the JSON event format.
///
/// What the log adds stands in extension attributes, whose names are lower-case letters only; 64-bit numbers are text.
/// `docs/EXPORT.md` lists them.
package struct CloudEvent: Sendable {
    package static let specificationVersion = "1.0"
    /// What the types of events begin with.
    package static let typePrefix = "com.zentriq."

    let event: RecordedEvent
    /// Of the log.
    let origin: String

    /// A proof of the event (C2SP tlog-proof), if one goes along with it.
    let receipt: String?

    package init(_ event: RecordedEvent, origin: String, receipt: String? = nil) {
        self.event = event
        self.receipt = receipt
        self.origin = origin
    }

    /// Such as `com.zentriq.credit.debited.v1`.
    package static func type(_ name: String, schemaVersion: Int16) -> String {
        "\(typePrefix)\(name).v\(schemaVersion)"
    }

    /// The envelope in canonical JSON: one line.
    package var bytes: [UInt8] {
        var json = CanonicalWriter(reserving: 768 + event.data.count)
        write(to: &json)
        return json.bytes
    }

    package func write(to json: inout CanonicalWriter) {
        json.beginObject()
        if let actor = event.actor {
            json.key("actor")
            json.uuid(actor.rawValue)
        }
        json.member("commitment", event.commitment.base64)
        if event.closed == nil {
            let isJSON = writeData(to: &json)
            json.member("datacontenttype", isJSON ? "application/json" : "application/octet-stream")
        }
        json.key("id")
        json.uuid(event.id)
        json.key("position")
        json.integerText(event.position.rawValue)
        if let receipt { json.member("receipt", receipt) }
        if let request = event.request {
            json.key("requestid")
            json.uuid(request)
        }
        json.member("retention", event.retention.rawValue)
        if let closed = event.closed { json.member("sealed", closed == .destroyed ? "destroyed" : "unreadable") }
        json.member("source", "//\(origin)")
        json.member("specversion", Self.specificationVersion)
        json.key("streamversion")
        json.integerText(event.version.rawValue)
        json.member("subject", event.stream.stream.name)
        json.key("tenant")
        json.uuid(event.stream.tenant.rawValue)
        json.member("time", event.recordedAt.text)
        json.member("type", Self.type(event.type, schemaVersion: event.schemaVersion))
        json.endObject()
    }

    /// The payload; where there is a class of OCSF that fits, with the member `ocsf`. A row that was tampered with may
    /// hold anything: what is no JSON object goes out as bytes, so that the envelope is one all the same.
    private func writeData(to json: inout CanonicalWriter) -> Bool {
        guard case .object(var payload)? = try? JSONParser.parse(event.data) else {
            json.member("data_base64", Base64.encode(event.data))
            return false
        }
        json.key("data")
        if let security = SecurityEvent(event, payload: payload, origin: origin) {
            payload["ocsf"] = .object(security.object)
        }
        json.raw(JSONValue.object(payload).canonicalBytes())
        return true
    }
}

extension CanonicalWriter {
    fileprivate mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }
}
