package import CanonicalJSON
package import CreditDomain
package import EventStore

/// The inline projection: the folded account, kept in the head of its stream and written by the append itself.
extension AccountState: StreamState {
    package init(snapshot: [UInt8]) throws {
        guard case .object(let object) = try JSONParser.parse(snapshot, limits: .snapshot) else {
            throw EventDecodingError.malformed(type: "account", reason: "not an object")
        }
        let payload = PayloadReader(object, type: "account")
        try self.init(
            grants: payload.list("grants", Grant.init), holds: payload.list("holds", Hold.init),
            totals: AccountTotals(
                granted: payload.integerText("granted"), debited: payload.integerText("debited"),
                refunded: payload.integerText("refunded"), expired: payload.integerText("expired")))
        // Both follow from the rest, and are there for whoever reads the row with SQL.
        guard try payload.credits("balance") == balance, try payload.credits("held") == heldByAll else {
            throw CreditError.corruptState("balance and held are the sums over grants and holds")
        }
    }

    package func snapshot() -> [UInt8] {
        var json = CanonicalWriter(reserving: 256 + 256 * grants.count)
        let holds = holds
        json.beginObject()
        json.credits("balance", balance)
        json.key("debited")
        json.integerText(totals.debited)
        json.key("expired")
        json.integerText(totals.expired)
        json.key("granted")
        json.integerText(totals.granted)
        json.key("grants")
        json.beginArray()
        for grant in grants { grant.write(to: &json) }
        json.endArray()
        json.credits("held", heldByAll)
        json.key("holds")
        json.beginArray()
        for hold in holds { hold.write(to: &json) }
        json.endArray()
        json.key("refunded")
        json.integerText(totals.refunded)
        json.endObject()
        return json.bytes
    }

    package var dueAt: EventTime? {
        var due: Timestamp?
        for grant in grants where grant.unreserved > .zero {
            guard let expiresAt = grant.expiresAt else { continue }
            due = due.map { min($0, expiresAt) } ?? expiresAt
        }
        for hold in holds { due = due.map { min($0, hold.expiresAt) } ?? hold.expiresAt }
        return due.map { EventTime(microseconds: $0.microseconds) }
    }

    /// What all open holds reserve, whether their time has passed or not: a snapshot knows no time.
    private var heldByAll: Credits {
        Credits(holds.reduce(0) { $0 + $1.units.rawValue })
    }
}

extension JSONParser.Limits {
    /// Of our own writing: as large as the limits of an account allow.
    fileprivate static let snapshot = JSONParser.Limits(maximumDepth: 8, maximumBytes: 64 << 20)
}

extension Grant {
    fileprivate init(_ payload: PayloadReader) throws(EventDecodingError) {
        guard let priority = UInt8(exactly: try payload.integer("priority")) else {
            throw .malformed(type: "account", reason: "priority is out of range")
        }
        self.init(
            number: try payload.grant("grant"), source: try payload.value("source", as: GrantSource.self),
            reference: try payload.string("reference"), units: try payload.credits("units"),
            remaining: try payload.credits("remaining"), priority: priority,
            effectiveAt: try payload.time("effective_at"), expiresAt: try payload.optionalTime("expires_at"),
            debited: try payload.credits("debited"), refunded: try payload.credits("refunded"),
            expired: try payload.credits("expired"))
    }

    /// The grant as a JSON object, in snapshots and in the answer to a question for the balance.
    package func write(to json: inout CanonicalWriter) {
        json.beginObject()
        json.credits("debited", debited)
        json.time("effective_at", effectiveAt)
        json.credits("expired", expired)
        if let expiresAt { json.time("expires_at", expiresAt) }
        json.key("grant")
        json.integer(Int(number.rawValue))
        json.key("priority")
        json.integer(Int(priority))
        json.text("reference", reference)
        json.credits("refunded", refunded)
        json.credits("remaining", remaining)
        json.text("source", source.rawValue)
        json.credits("units", units)
        json.endObject()
    }
}

extension Hold {
    fileprivate init(_ payload: PayloadReader) throws(EventDecodingError) {
        self.init(
            id: HoldID(try payload.string("hold")), units: try payload.credits("units"),
            allocations: try payload.allocations("allocations"), expiresAt: try payload.time("expires_at"))
    }

    fileprivate func write(to json: inout CanonicalWriter) {
        json.beginObject()
        json.allocations(allocations)
        json.time("expires_at", expiresAt)
        json.text("hold", id.rawValue)
        json.credits("units", units)
        json.endObject()
    }
}
