import Billing
import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
import TransparencyLog

/// What is kept under a key: the answer that a retry gets.
struct StoredAnswer: Sendable {
    let key: OutcomeKey
    let fingerprint: TreeHash?
    /// Of the first event of its command.
    let position: Int64
    /// Nil if it is not canonical JSON.
    let answer: JSONObject?

    init(key: OutcomeKey, fingerprint: [UInt8], position: Int64, response: [UInt8]) {
        self.key = key
        self.fingerprint = TreeHash(fingerprint)
        self.position = position
        guard case .object(let object)? = try? JSONParser.parse(response),
            JSONValue.object(object).canonicalBytes() == response
        else {
            answer = nil
            return
        }
        answer = object
    }

    /// Of the event that the command was about, as the answer says.
    var subject: Int64? {
        let text = answer?["position"]?.stringValue ?? answer?["positions"]?.objectValue?["capture"]?.stringValue
        return text.flatMap { Int64($0) }
    }
}

/// An event in what the fold of the log made of it: what a stored answer is compared with.
struct AnsweredEvent {
    let event: RecordedEvent
    let decoded: DomainEvent
    /// The account after the event. Nil if nothing can be said of it.
    let account: AccountState?
    /// The newest debit before the event.
    let debit: (position: Int64, debited: Debited)?

    /// How many answers must be kept for the event, if all are known that are kept.
    var answerCount: Int {
        switch decoded {
        case .credit(.granted), .credit(.held), .credit(.holdVoided), .capture: 1
        // Under the key of the request, and under that of the debit, which can be given back once.
        case .credit(.refunded): 2
        default: 0
        }
    }

    /// The key that follows from the event alone: what makes a capture, or a refund, happen once.
    var derivedKey: TreeHash? {
        switch decoded {
        case .capture(let record): CommandKeys.hash(.capture, record.id.lowercaseText)
        case .credit(.refunded(let refunded)): CommandKeys.hash(.refundOf, refunded.debit.rawValue)
        default: nil
        }
    }

    /// What is wrong with the answer.
    func faults(of stored: StoredAnswer) -> [String] {
        guard let answer = stored.answer else { return ["the stored answer is not canonical JSON"] }
        guard var expected = members() else { return ["an answer is kept for an event that has none"] }
        if let account {
            let now = Timestamp(microseconds: event.recordedAt.microseconds)
            expected["available"] = .string(String(account.available(at: now).rawValue))
        }
        var faults: [String] = []
        for (name, value) in expected.members where answer[name] != value {
            faults.append("the stored answer has another \(name) than the event")
        }
        let unknowable: Set = account == nil ? ["available", "lapsed"] : []
        for member in answer.members where expected[member.name] == nil && !unknowable.contains(member.name) {
            faults.append("the stored answer has a member that its kind has not")
        }
        let fingerprints = fingerprints()
        if !fingerprints.isEmpty, !fingerprints.contains(where: { $0 == stored.fingerprint }) {
            faults.append("the fingerprint of the request is not that of the event")
        }
        return faults
    }

    private var product: Product? {
        if case .capture(let record) = decoded {
            record.product
        } else {
            Streams.product(ofAccount: event.stream.stream)
        }
    }

    /// The members of the answer, but for what is available.
    private func members() -> JSONObject? {
        guard let product else { return nil }
        var members: JSONObject = ["product": .string(product.rawValue)]
        let position = JSONValue.string(String(event.position.rawValue))
        if case .capture(let record) = decoded {
            members["capture_id"] = .string(record.id.lowercaseText)
            var positions: JSONObject = ["capture": position]
            if record.outcome == .success {
                let own = debit.flatMap { $0.debited.debit.rawValue == record.id.lowercaseText ? $0 : nil }
                positions["debit"] = .string(own.map { String($0.position) } ?? "none")
            }
            members["debited"] = .string(
                String(record.outcome == .success ? CaptureRequest.price.rawValue : 0))
            members["positions"] = .object(positions)
            return members
        }
        members["position"] = position
        switch decoded {
        case .credit(.granted(let granted)):
            members["grant"] = .integer(Int64(granted.number.rawValue))
            members["reference"] = .string(granted.reference)
            members["units"] = Self.text(granted.units)
        case .credit(.held(let placed)):
            members["expires_at"] = .string(RFC3339.format(microseconds: placed.expiresAt.microseconds))
            members["hold_id"] = .string(placed.hold.rawValue)
            members["units"] = Self.text(placed.units)
        case .credit(.holdVoided(let hold)):
            members["hold_id"] = .string(hold.rawValue)
        case .credit(.refunded(let refunded)):
            members["capture_id"] = .string(refunded.debit.rawValue)
            members["refunded"] = Self.text(refunded.units)
            // What belongs to a grant that has expired lapses again at once.
            let now = Timestamp(microseconds: event.recordedAt.microseconds)
            if let account {
                let lapsed = refunded.allocations.filter { account.grant($0.grant)?.isExpired(at: now) == true }
                members["lapsed"] = .string(String(lapsed.reduce(0) { $0 + $1.units.rawValue }))
            }
        default: return nil
        }
        return members
    }

    /// Those that the request can have had; empty if the event does not tell.
    private func fingerprints() -> [TreeHash] {
        let tenant = event.stream.tenant
        switch decoded {
        case .credit(.granted(let granted)):
            guard let product else { return [] }
            // Whether the time was asked for, or is that of the grant, the event does not tell.
            return [granted.effectiveAt, nil].map { effectiveAt in
                GrantOrder(
                    tenant: tenant, product: product,
                    grant: GrantRequest(
                        source: granted.source, reference: granted.reference, units: granted.units,
                        priority: granted.priority, effectiveAt: effectiveAt, expiresAt: granted.expiresAt)
                ).fingerprint
            }
        case .credit(.held(let placed)):
            guard let product else { return [] }
            let seconds = (placed.expiresAt.microseconds - event.recordedAt.microseconds) / 1_000_000
            return [
                HoldRequest(tenant: tenant, product: product, units: placed.units, timeToLiveSeconds: seconds)
                    .fingerprint
            ]
        case .credit(.holdVoided(let hold)): return [CommandKeys.voidFingerprint(hold)]
        case .credit(.refunded(let refunded)): return [CommandKeys.refundFingerprint(refunded.debit)]
        case .capture(let record):
            // A failed capture may have come with a hold, which is recorded nowhere.
            guard record.outcome == .success else { return [] }
            return [CaptureRequest(tenant: tenant, capture: record, hold: debit?.debited.hold).fingerprint]
        default: return []
        }
    }

    private static func text(_ credits: Credits) -> JSONValue { .string(String(credits.rawValue)) }
}
