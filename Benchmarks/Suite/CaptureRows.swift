import Billing
import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
import Sealing
import TransparencyLog

/// What captures of many accounts leave in the log, as rows: decided, encoded, hashed and added to the tree with the
/// service's own code, but not appended by it.
struct CaptureRows: Sendable {
    struct Account: Sendable {
        let person: SubjectKey
        var tenant: TenantID { person.owner }
        var state: AccountState
        var moved: Int64
        var captured: Int64 = 0
        var movedAt = LogPosition(0)
        var capturedAt = LogPosition(0)
    }

    struct Chunk: Sendable {
        var events = CopyRows()
        var outcomes = CopyRows()
    }

    /// Captures that have one time, as those of one append have.
    private static let batch = 256
    private static let microsecondsABatch: Int64 = 1_000

    let origin: String
    private(set) var accounts: [Account]
    private(set) var tree: CompactRange
    private(set) var now: EventTime
    private var done = 0

    init(origin: String, accounts: [Account], head: LogHead) {
        self.origin = origin
        self.accounts = accounts
        tree = head.tree
        now = head.recordedAt
    }

    mutating func captures(_ count: Int) throws -> Chunk {
        var chunk = Chunk()
        for _ in 0..<count {
            if done % Self.batch == 0 { now = EventTime(microseconds: now.microseconds + Self.microsecondsABatch) }
            let index = done % accounts.count
            accounts[index] = try capture(accounts[index], into: &chunk)
            done += 1
        }
        return chunk
    }

    /// - Returns: the account as it is afterwards.
    private mutating func capture(_ account: Account, into chunk: inout Chunk) throws -> Account {
        var account = account
        let time = Timestamp(microseconds: now.microseconds)
        let record = CaptureRecord(
            id: UUID(random: RandomBytes.system.make(16)), product: .punchout, vendorHost: "www.galaxus.ch",
            lineCount: 3, capturedAt: time, outcome: .success)
        let identifier = record.id.lowercaseText
        let first = LogPosition(Int64(tree.size))
        let request = UUID(random: RandomBytes.system.make(16))
        let decided = try decide(
            .debit(id: DebitID(identifier), units: CaptureRequest.price, hold: nil), account.state, now: time)
        for event in decided {
            try evolve(&account.state, event)
            account.moved += 1
            account.movedAt = LogPosition(Int64(tree.size))
            add(event.newEvent, account.person, Streams.account(.punchout), account.moved, request, to: &chunk.events)
        }
        account.captured += 1
        account.capturedAt = LogPosition(Int64(tree.size))
        add(record.newEvent, account.person, Streams.captures(.punchout), account.captured, request, to: &chunk.events)
        let answered = CaptureRequest(tenant: account.tenant, capture: record, hold: nil)
        chunk.outcomes.beginRow(columns: 6)
        chunk.outcomes.int4(BenchLog.log.rawValue)
        chunk.outcomes.uuid(account.tenant.rawValue)
        chunk.outcomes.bytea(CommandKeys.hash(.capture, identifier).bytes)
        chunk.outcomes.bytea(answered.fingerprint(key: account.person).bytes)
        chunk.outcomes.int8(first.rawValue)
        chunk.outcomes.bytea(
            Self.answer(identifier, account.state.available(at: time), account.capturedAt, debit: account.movedAt))
        return account
    }

    /// As the service answers a capture.
    private static func answer(
        _ identifier: String, _ available: Credits, _ capture: LogPosition, debit: LogPosition
    ) -> [UInt8] {
        var json = CanonicalWriter(reserving: 224)
        json.beginObject()
        json.credits("available", available)
        json.text("capture_id", identifier)
        json.credits("debited", CaptureRequest.price)
        json.key("positions")
        json.beginObject()
        json.position("capture", capture)
        json.position("debit", debit)
        json.endObject()
        json.text("product", Product.punchout.rawValue)
        json.endObject()
        return json.bytes
    }

    private mutating func add(
        _ event: NewEvent, _ person: SubjectKey, _ stream: StreamID, _ version: Int64, _ request: UUID,
        to rows: inout CopyRows
    ) {
        let random = RandomBytes.system.make(RecordedEvent.saltLength + 16 + EventEnvelope.nonceLength)
        var recorded = RecordedEvent(
            position: LogPosition(Int64(tree.size)), recordedAt: now, stream: StreamKey(person.owner, stream),
            version: StreamVersion(version), id: UUID(random: random[32..<48]), actor: person.handle,
            request: request, type: event.type.name, schemaVersion: event.type.schemaVersion,
            retention: event.type.retention, salt: Array(random[..<32]), data: event.data,
            commitment: MerkleTree.emptyRoot)
        let commitment = recorded.computedCommitment(origin: origin)
        if event.type.isSealed {
            recorded.salt = person.seal(
                salt: recorded.salt, data: recorded.data, event: recorded.id,
                nonce: random.suffix(EventEnvelope.nonceLength))
            recorded.data = []
        }
        rows.add(recorded, commitment, key: event.type.isSealed ? person.id : nil)
        tree.append(MerkleTree.leafHash(of: commitment))
    }

    /// The heads of all streams that captures have moved.
    func streams() -> CopyRows {
        var rows = CopyRows()
        for account in accounts where account.captured > 0 {
            rows.addStream(
                account.tenant, Streams.account(.punchout), account.moved, account.movedAt, state: account.state)
            rows.addStream(
                account.tenant, Streams.captures(.punchout), account.captured, account.capturedAt, state: nil)
        }
        return rows
    }
}

extension CopyRows {
    static let eventColumns = """
        log_id, position, recorded_at, version, tenant_id, event_id, actor, request_id, schema_version, class, stream_id,
        type, salt, commitment, data, key_id
        """

    fileprivate mutating func add(_ event: RecordedEvent, _ commitment: TreeHash, key: UUID?) {
        beginRow(columns: 16)
        int4(BenchLog.log.rawValue)
        int8(event.position.rawValue)
        timestamp(microseconds: event.recordedAt.microseconds)
        int8(event.version.rawValue)
        uuid(event.stream.tenant.rawValue)
        uuid(event.id)
        uuid(event.actor?.rawValue)
        uuid(event.request)
        int2(event.schemaVersion)
        text(event.retention.rawValue)
        text(event.stream.stream.name)
        text(event.type)
        bytea(event.salt)
        bytea(commitment.bytes)
        bytea(event.data)
        uuid(key)
    }

    static let streamColumns = "log_id, tenant_id, stream_id, version, position, due_at, state"

    fileprivate mutating func addStream(
        _ tenant: TenantID, _ stream: StreamID, _ version: Int64, _ position: LogPosition, state: AccountState?
    ) {
        beginRow(columns: 7)
        int4(BenchLog.log.rawValue)
        uuid(tenant.rawValue)
        text(stream.name)
        int8(version)
        int8(position.rawValue)
        if let due = state?.dueAt { int8(due.microseconds) } else { null() }
        if let state { bytea(state.snapshot()) } else { null() }
    }
}
