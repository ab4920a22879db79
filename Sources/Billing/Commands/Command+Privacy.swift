import CanonicalJSON
import CreditDomain
import EventStore
import Foundation

extension Command<AccountState> {
    static func recordRequest(
        _ id: UUID, _ kind: PrivacyRequest.Kind, _ channel: PrivacyRequest.Channel, receivedAt: EventTime?,
        of subject: DataSubject, on record: PrivacyRecord, at version: StreamVersion, idempotencyKey: String,
        by requester: Requester
    ) -> Self {
        let requests = subject.requests.stream
        return Command(
            tenant: subject.tenant, actor: requester.actor, request: requester.request,
            key: CommandKeys.key(
                .privacyRequest, idempotencyKey,
                fingerprint: CommandKeys.fingerprint(
                    "privacy-request", subject.handle.rawValue.lowercaseText, kind.rawValue, channel.rawValue,
                    receivedAt?.text ?? "")),
            streams: [Streams.subject(subject.handle), requests]
        ) { draft in
            try draft.require(subject, at: version, of: requests)
            let newest = receivedAt ?? draft.now
            let oldest = draft.now.adding(seconds: -PrivacyRequest.maximumAgeSeconds)
            guard (oldest...draft.now).contains(newest) else { throw PrivacyError.receivedAtOutOfRange }
            guard record.openCount(forErasure: kind == .erasure) < PrivacyRecord.maximumOpen else {
                throw PrivacyError.tooManyOpenRequests
            }
            let request = PrivacyRequest(id: id, kind: kind, channel: channel, receivedAt: newest)
            let position = draft.append(PrivacyEvent.requested(request).newEvent, to: requests)
            return request.answer(position: position, recordedAt: draft.now)
        }
    }

    /// - Parameter event: what ends it; nil if it has ended so already.
    static func closeRequest(
        _ request: UUID, with event: PrivacyEvent?, of subject: DataSubject, at version: StreamVersion,
        by requester: Requester
    ) -> Self {
        let requests = subject.requests.stream
        return Command(
            tenant: subject.tenant, actor: requester.actor, request: requester.request,
            streams: [Streams.subject(subject.handle), requests]
        ) { draft in
            try draft.require(subject, at: version, of: requests)
            let position = event.map { draft.append($0.newEvent, to: requests) }
            var json = CanonicalWriter(reserving: 128)
            json.beginObject()
            json.optionalPosition("position", position)
            json.text("request", request.lowercaseText)
            json.endObject()
            return json.bytes
        }
    }

    /// - Parameters:
    ///   - limits: after the change.
    ///   - event: the change; nil if there is none.
    ///   - requestID: of the request that the change is the answer to, to be recorded along with it.
    static func limit(
        _ subject: DataSubject, to limits: ProcessingLimits, with event: PrivacyEvent?, at version: StreamVersion,
        requestID: UUID?, by requester: Requester
    ) -> Self {
        let (requests, own) = (subject.requests.stream, subject.limits.stream)
        return Command(
            tenant: subject.tenant, actor: requester.actor, request: requester.request,
            streams: [Streams.subject(subject.handle), requests, own]
        ) { draft in
            try draft.require(subject, at: version, of: own)
            var position: LogPosition?
            if let event {
                if let requestID, case .restricted(let limit) = event {
                    let request = PrivacyRequest(
                        id: requestID, kind: limit.requestKind, channel: .interface, receivedAt: draft.now)
                    position = draft.append(PrivacyEvent.requested(request).newEvent, to: requests)
                    draft.append(event.newEvent, to: own)
                    draft.append(PrivacyEvent.fulfilled(requestID).newEvent, to: requests)
                } else {
                    position = draft.append(event.newEvent, to: own)
                }
            }
            var json = CanonicalWriter(reserving: 128)
            json.beginObject()
            json.key("in_force")
            json.beginArray()
            for name in limits.names { json.string(name) }
            json.endArray()
            json.optionalPosition("position", position)
            json.endObject()
            return json.bytes
        }
    }
}

extension Draft<AccountState> {
    /// The person must be one of the tenant, and the stream what it was when it was decided on.
    fileprivate borrowing func require(
        _ subject: DataSubject, at version: StreamVersion, of stream: StreamID
    ) throws(PrivacyError) {
        guard self.version(of: Streams.subject(subject.handle)) > .none else { throw .unknownSubject }
        guard self.version(of: stream) == version else { throw .overtaken }
    }
}

extension CanonicalWriter {
    fileprivate mutating func optionalPosition(_ name: String, _ position: LogPosition?) {
        key(name)
        if let position { integerText(position.rawValue) } else { null() }
    }
}
