import CanonicalJSON
import CreditDomain
package import EventStore
package import Foundation

/// What a person asked for with the rights that chapter III of the GDPR gives.
package struct PrivacyRequest: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Articles 15 and 20: what is stored about me, in a form that I can take along?
        case access
        /// Article 17.
        case erasure
        /// Article 16.
        case rectification
        /// Article 18.
        case restriction
        /// Article 21.
        case objection
    }

    /// The way it came.
    package enum Channel: String, Sendable, CaseIterable {
        /// By the person, with a token.
        case interface
        case email, letter, phone, other

        /// Those that staff records.
        package static let recorded: [Channel] = [.email, .letter, .phone, .other]
    }

    /// The answer to a request for access can be fetched for that long.
    package static let exportSeconds: Int64 = 7 * 86_400
    /// Staff records what came in that long ago, at most: more is a slip of the pen.
    package static let maximumAgeSeconds: Int64 = 366 * 86_400

    package let id: UUID
    package let kind: Kind
    package let channel: Channel
    package let receivedAt: EventTime
    package let due: EventTime

    package init(id: UUID, kind: Kind, channel: Channel, receivedAt: EventTime) {
        self.init(
            id: id, kind: kind, channel: channel, receivedAt: receivedAt,
            due: RequestDeadline.due(receivedAt: receivedAt))
    }

    /// - Parameter due: as it was recorded.
    package init(id: UUID, kind: Kind, channel: Channel, receivedAt: EventTime, due: EventTime) {
        self.id = id
        self.kind = kind
        self.channel = channel
        self.receivedAt = receivedAt
        self.due = due
    }

    /// Whether it came with a key, under which the answer is kept. Limits that people set themselves need none: to set
    /// one again changes nothing.
    package var isKeyed: Bool {
        channel != .interface || kind != .restriction && kind != .objection
    }

    /// What whoever recorded it is answered, in canonical JSON.
    package func answer(position: LogPosition, recordedAt: EventTime) -> [UInt8] {
        var json = CanonicalWriter(reserving: 256)
        json.beginObject()
        json.text("due", due.text)
        if kind == .access { json.text("expires_at", recordedAt.adding(seconds: Self.exportSeconds).text) }
        json.text("kind", kind.rawValue)
        json.position("position", position)
        json.text("received_at", receivedAt.text)
        json.text("request", id.lowercaseText)
        json.endObject()
        return json.bytes
    }

    func write(to json: inout CanonicalWriter) {
        json.text("channel", channel.rawValue)
        json.text("due", due.text)
        json.text("kind", kind.rawValue)
        json.text("received_at", receivedAt.text)
        json.text("request", id.lowercaseText)
    }

    init(_ payload: PayloadReader) throws(EventDecodingError) {
        self.init(
            id: try payload.uuid("request"), kind: try payload.value("kind", as: Kind.self),
            channel: try payload.value("channel", as: Channel.self),
            receivedAt: try payload.eventTime("received_at"),
            due: try payload.eventTime("due"))
    }
}

/// How a request ended.
package enum PrivacyClosing: Sendable, Hashable {
    /// Why a request may be refused. A closed list, so that nothing about anybody stands in the log for it.
    package enum Reason: String, Sendable, CaseIterable {
        /// Who asked could not be told to be that person (Article 12(6)).
        case identityUnconfirmed = "identity_unconfirmed"
        /// Article 12(5).
        case manifestlyUnfounded = "manifestly_unfounded"
        case excessive
        /// The law wants it kept (Article 17(3)(b)).
        case legalObligation = "legal_obligation"
        /// For the establishment, exercise or defence of claims (Articles 17(3)(e), 21(1)).
        case legalClaims = "legal_claims"
        /// Article 15(4).
        case rightsOfOthers = "rights_of_others"
        case withdrawn
    }

    case fulfilled
    case refused(Reason)
}
