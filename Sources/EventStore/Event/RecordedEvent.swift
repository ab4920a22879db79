package import CanonicalJSON
package import Foundation
package import TransparencyLog

/// An event of the log: what its row holds.
package struct RecordedEvent: Sendable {
    package static let saltLength = 32

    package var position: LogPosition
    package var recordedAt: EventTime
    package var stream: StreamKey
    package var version: StreamVersion
    package var id: UUID
    package var actor: ActorHandle?
    package var request: UUID?
    package var type: String
    package var schemaVersion: Int16
    package var retention: RetentionClass
    /// 32 random bytes, without which the commitment says nothing about the event.
    package var salt: [UInt8]
    /// The payload, in canonical JSON.
    package var data: [UInt8]
    /// To salt and event: the entry of the tree, as stored.
    package var commitment: TreeHash
    /// How it is kept sealed; nil if it is not. As long as it is not opened, salt and payload are empty.
    package var seal: EventSeal?

    package init(
        position: LogPosition, recordedAt: EventTime, stream: StreamKey, version: StreamVersion, id: UUID,
        actor: ActorHandle?, request: UUID?, type: String, schemaVersion: Int16, retention: RetentionClass,
        salt: [UInt8], data: [UInt8], commitment: TreeHash, seal: EventSeal? = nil
    ) {
        self.position = position
        self.recordedAt = recordedAt
        self.stream = stream
        self.version = version
        self.id = id
        self.actor = actor
        self.request = request
        self.type = type
        self.schemaVersion = schemaVersion
        self.retention = retention
        self.salt = salt
        self.data = data
        self.commitment = commitment
        self.seal = seal
    }

    /// Why salt and payload are not there. Nil if they are.
    package var closed: EventSeal.Closed? { seal?.closed }

    /// The event in canonical JSON (RFC 8785): the bytes that are committed to. The position is not among them, it is
    /// the index of the leaf.
    package func canonicalBytes(origin: String) -> [UInt8] {
        var json = CanonicalWriter(reserving: 512 + data.count)
        write(to: &json, origin: origin)
        return json.bytes
    }

    /// Writes the bytes of ``canonicalBytes(origin:)``.
    package func write(to json: inout CanonicalWriter, origin: String) {
        json.beginObject()
        json.plainKey("actor")
        if let actor { json.uuid(actor.rawValue) } else { json.null() }
        json.plainKey("class")
        json.string(retention.rawValue)
        json.plainKey("data")
        json.raw(data)
        json.plainKey("id")
        json.uuid(id)
        json.plainKey("log")
        json.string(origin)
        json.plainKey("recorded_at")
        json.time(microseconds: recordedAt.microseconds)
        json.plainKey("request")
        if let request { json.uuid(request) } else { json.null() }
        json.plainKey("schema")
        json.integer(Int(schemaVersion))
        json.plainKey("stream")
        json.string(stream.stream.name)
        json.plainKey("tenant")
        json.uuid(stream.tenant.rawValue)
        json.plainKey("type")
        json.string(type)
        json.plainKey("version")
        json.integerText(version.rawValue)
        json.endObject()
    }

    /// The commitment that follows from the row. Differs from ``commitment`` if any column was changed.
    package func computedCommitment(origin: String) -> TreeHash {
        EntryCommitment.commitment(salt: salt, event: canonicalBytes(origin: origin))
    }

    /// The hash of the stored entry: its leaf in the tree.
    package var leaf: TreeHash { MerkleTree.leafHash(of: commitment) }
}

extension CanonicalWriter {
    /// A UUID as lower-case text (RFC 9562).
    package mutating func uuid(_ value: UUID) {
        plainString { value.appendLowercaseText(to: &$0) }
    }
}
