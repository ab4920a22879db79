import EventStore
import Foundation
import TransparencyLog

/// An event where its row lies in memory, and valid as long as that is.
struct EventRow {
    let position: Int64
    let recordedAt: EventTime
    let stream: StreamKey
    let version: StreamVersion
    let id: UUID
    let actor: UUID?
    let request: UUID?
    /// Nil if the catalog does not have it.
    let type: EventType?
    let typeName: UnsafeRawBufferPointer
    let schemaVersion: Int16
    let retention: RetentionClass
    /// Of a sealed event the envelope.
    var salt: UnsafeRawBufferPointer
    var data: UnsafeRawBufferPointer
    let commitment: TreeHash
    /// Under which the event is sealed; nil if it is not.
    let key: UUID?

    /// The event of a row. Throws what is wrong with the row: what no writer has written.
    init(_ fields: FieldScanner) throws(MalformedRow) {
        var scanner = fields
        position = try scanner.integer("position")
        let microseconds = try scanner.integer("recorded_at")
        // Both infinities are out of this range.
        guard abs(microseconds / 2) < Int64.max / 4 else { throw MalformedRow("recorded_at is infinite") }
        recordedAt = EventTime(microseconds: microseconds + Self.epoch)
        version = StreamVersion(try scanner.integer("version"))
        let tenant = try scanner.uuid("tenant_id")
        id = try scanner.uuid("event_id")
        actor = try scanner.optionalUUID()
        request = try scanner.optionalUUID()
        let schema = try scanner.some("schema_version")
        let retention = try scanner.some("class")
        let stream = try scanner.some("stream_id")
        typeName = try scanner.some("type")
        salt = try scanner.some("salt")
        let commitment = try scanner.some("commitment")
        data = try scanner.some("data")
        key = try scanner.optionalUUID()
        guard let stream = Known.streams.find(stream) ?? StreamID(String(decoding: stream, as: UTF8.self)) else {
            throw MalformedRow("its stream has no valid name")
        }
        self.stream = StreamKey(TenantID(tenant), stream)
        type = Known.types.find(typeName)
        schemaVersion = schema.count == 2 ? Int16(bitPattern: UInt16(schema[0]) << 8 | UInt16(schema[1])) : 0
        guard let retention = Known.classes.find(retention) else {
            throw MalformedRow("there is no class \(String(decoding: retention, as: UTF8.self))")
        }
        self.retention = retention
        guard salt.count == RecordedEvent.saltLength || key != nil else {
            throw MalformedRow("the salt does not have \(RecordedEvent.saltLength) bytes")
        }
        guard let commitment = TreeHash(bytes: commitment) else {
            throw MalformedRow("the commitment does not have 32 bytes")
        }
        self.commitment = commitment
        guard key == nil || data.isEmpty else { throw MalformedRow("it is sealed, and has a payload beside") }
    }

    static let columns = 15

    /// Numbers, not values from anywhere else: COPY takes no parameters.
    static func query(_ log: LogID, _ positions: Range<Int64>) -> String {
        """
        SELECT position, recorded_at, version, tenant_id, event_id, actor, request_id, schema_version, class,
        stream_id, type, salt, commitment, data, key_id FROM zentriq.events WHERE log_id = \(log.rawValue)
        AND position >= \(positions.lowerBound) AND position < \(positions.upperBound) ORDER BY position
        """
    }

    /// Outlives the row.
    var event: RecordedEvent {
        RecordedEvent(
            position: LogPosition(position), recordedAt: recordedAt, stream: stream, version: version, id: id,
            actor: actor.map(ActorHandle.init), request: request, type: String(decoding: typeName, as: UTF8.self),
            schemaVersion: schemaVersion, retention: retention, salt: [UInt8](salt), data: [UInt8](data),
            commitment: commitment)
    }

    /// The position of a row, without looking at its other fields.
    static func position(_ fields: FieldScanner) -> Int64? {
        var scanner = fields
        return try? scanner.integer("position")
    }

    /// The entry of the tree, where the rest of the row is not of the right form.
    static func commitment(_ fields: FieldScanner) -> TreeHash? {
        var scanner = fields
        for _ in 0..<12 { _ = scanner.next() }
        return scanner.next().flatMap { TreeHash(bytes: $0) }
    }

    /// The key that a row names, without looking at its other fields.
    static func key(_ fields: FieldScanner) -> UUID? {
        var scanner = fields
        for _ in 0..<columns - 1 { _ = scanner.next() }
        return try? scanner.optionalUUID()
    }

    /// 2000-01-01, from which PostgreSQL counts, in microseconds since 1970.
    private static let epoch: Int64 = 946_684_800_000_000
}
