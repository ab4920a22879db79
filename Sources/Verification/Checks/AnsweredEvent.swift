import Billing
import CanonicalJSON
import CreditDomain
import EventStore
import Sealing
import TransparencyLog

/// An event in what the fold of the log made of it: what a stored answer is compared with.
struct AnsweredEvent {
    let position: Int64
    let recordedAt: EventTime
    let tenant: TenantID
    let decoded: DomainEvent
    /// See ``CheckedRow/fingerprint``.
    let fingerprint: TreeHash?
    /// See ``CheckedRow/key``.
    let key: SubjectKey?
    /// Whose account it is about. Nil if it is about none.
    let product: Product?
    /// The account after the event. Nil if nothing can be said of it.
    let account: AccountState?
    /// The newest debit before the event.
    let debit: (position: Int64, debited: Debited)?
    /// Whether the event before it is gone by right: of a capture, that is its debit.
    let isPreviousGone: Bool

    /// How many answers are kept for an event.
    static func count(for event: DomainEvent) -> Int {
        switch event {
        case .credit(.granted), .credit(.held), .credit(.holdVoided), .capture: 1
        // Under the key of the request, and under that of the debit, which can be given back once.
        case .credit(.refunded): 2
        // What people impose or object to themselves is asked for without a key.
        case .privacy(.requested(let request)): request.isKeyed ? 1 : 0
        case .erasure(.begun): 1
        default: 0
        }
    }

    /// The key that follows from the event alone: what makes a capture, or a refund, happen once.
    static func key(for event: DomainEvent) -> TreeHash? {
        switch event {
        case .capture(let record): CommandKeys.hash(.capture, record.id.lowercaseText)
        case .credit(.refunded(let refunded)): CommandKeys.hash(.refundOf, refunded.debit.rawValue)
        default: nil
        }
    }

    /// What is wrong with the answer.
    func faults(of stored: StoredAnswer, _ json: inout CanonicalWriter) -> [String] {
        json.removeAll()
        guard write(to: &json) else { return ["an answer is kept for an event that has none"] }
        var faults = stored.says(json.bytes) ? [] : differences(stored.response, json.bytes)
        if !couldHave(stored.fingerprint) {
            faults.append("the fingerprint of the request is not that of the event")
        }
        return faults
    }

    private var now: Timestamp { Timestamp(microseconds: recordedAt.microseconds) }

    // MARK: The answer

    /// Writes the answer that the command got. Without an account, what rests on it is left at zero.
    private func write(to json: inout CanonicalWriter) -> Bool {
        if case .privacy(.requested(let request)) = decoded {
            json.raw(request.answer(position: LogPosition(position), recordedAt: recordedAt))
            return true
        }
        if case .erasure(.begun(let begun)) = decoded {
            json.raw(begun.answer(position: LogPosition(position)))
            return true
        }
        json.beginObject()
        json.credits("available", account?.available(at: now) ?? .zero)
        switch decoded {
        case .capture(let record):
            writeCapture(record, to: &json)
            return true
        case .credit(.granted(let granted)):
            json.plainKey("grant")
            json.integer(Int(granted.number.rawValue))
            writePosition(to: &json)
            json.text("reference", granted.reference)
            json.credits("units", granted.units)
        case .credit(.held(let placed)):
            json.time("expires_at", placed.expiresAt)
            json.text("hold_id", placed.hold.rawValue)
            writePosition(to: &json)
            json.credits("units", placed.units)
        case .credit(.holdVoided(let hold)):
            json.text("hold_id", hold.rawValue)
            writePosition(to: &json)
        case .credit(.refunded(let refunded)):
            json.text("capture_id", refunded.debit.rawValue)
            // What belongs to a grant that has expired lapses again at once.
            let lapsed = refunded.allocations.filter { account?.grant($0.grant)?.isExpired(at: now) == true }
            json.credits("lapsed", Credits(lapsed.reduce(0) { $0 + $1.units.rawValue }))
            writePosition(to: &json)
            json.credits("refunded", refunded.units)
        default: return false
        }
        json.endObject()
        return true
    }

    private func writeCapture(_ record: CaptureRecord, to json: inout CanonicalWriter) {
        json.plainKey("capture_id")
        json.uuid(record.id)
        json.credits("debited", record.outcome == .success ? CaptureRequest.price : .zero)
        json.plainKey("positions")
        json.beginObject()
        json.position("capture", LogPosition(position))
        if record.outcome == .success {
            let debit = isPreviousGone ? position - 1 : ownDebit(of: record)?.position
            json.position("debit", LogPosition(debit ?? -1))
        }
        json.endObject()
        json.text("product", record.product.rawValue)
        json.endObject()
    }

    private func ownDebit(of record: CaptureRecord) -> (position: Int64, debited: Debited)? {
        debit?.debited.debit.rawValue == record.id.lowercaseText ? debit : nil
    }

    private func writePosition(to json: inout CanonicalWriter) {
        json.position("position", LogPosition(position))
        if let product { json.text("product", product.rawValue) }
    }

    private func differences(_ stored: [UInt8], _ expected: [UInt8]) -> [String] {
        guard case .object(let answer)? = try? JSONParser.parse(stored),
            JSONValue.object(answer).canonicalBytes() == stored
        else { return ["the stored answer is not canonical JSON"] }
        guard case .object(let members)? = try? JSONParser.parse(expected) else { return [] }
        let unknowable: Set = account == nil ? ["available", "lapsed"] : []
        var faults: [String] = []
        for (name, value) in members.members where answer[name] != value && !unknowable.contains(name) {
            faults.append("the stored answer has another \(name) than the event")
        }
        for member in answer.members where members[member.name] == nil {
            faults.append("the stored answer has a member that its kind has not")
        }
        return faults
    }

    // MARK: The request

    /// Whether the fingerprint is one that the request can have had.
    private func couldHave(_ stored: TreeHash?) -> Bool {
        guard let product else { return true }
        switch decoded {
        case .credit(.granted(let granted)):
            // Whether the time was asked for, or is that of the grant, the event does not tell.
            return [nil, granted.effectiveAt].contains { effectiveAt in
                let request = GrantRequest(
                    source: granted.source, reference: granted.reference, units: granted.units,
                    priority: granted.priority, effectiveAt: effectiveAt, expiresAt: granted.expiresAt)
                return GrantOrder(tenant: tenant, product: product, grant: request).fingerprint == stored
            }
        case .credit(.held(let placed)):
            let seconds = (placed.expiresAt.microseconds - recordedAt.microseconds) / 1_000_000
            let request = HoldRequest(
                tenant: tenant, product: product, units: placed.units, timeToLiveSeconds: seconds)
            return request.fingerprint == stored
        case .credit(.holdVoided(let hold)): return CommandKeys.voidFingerprint(hold) == stored
        case .credit(.refunded(let refunded)): return CommandKeys.refundFingerprint(refunded.debit) == stored
        case .capture(let record):
            // A failed capture may have come with a hold, which is recorded nowhere.
            guard record.outcome == .success, !isPreviousGone else { return true }
            guard let hold = debit?.debited.hold else { return fingerprint == stored }
            return CommandKeys.captureFingerprint(record.newEvent.data, hold: hold, key: key) == stored
        default: return true
        }
    }
}
