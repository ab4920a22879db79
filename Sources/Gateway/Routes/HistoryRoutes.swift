import Billing
import CanonicalJSON
import CreditDomain
import Edge
import EventStore
import Foundation
import Hummingbird
import Projections

/// What can be asked: the balance, the statement, the captures. By a user for the own tenant, by an auditor for any; that
/// an auditor has read is in the log before they get it.
struct HistoryRoutes {
    static let maximumPage = 200
    static let defaultPage = 50

    let admission: Admission
    let balances: Balances
    let history: HistoryReader
    let ledger: CreditLedger
    let clock: WallClock

    func add(to router: Router<GatewayContext>) {
        router.get("v1/credits/balance", use: balance)
        router.get("v1/credits/statement", use: statement)
        router.get("v1/captures", use: captures)
    }

    @Sendable func balance(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            var query = QueryReader(request)
            let account = try AccountQuery(&query, admitted.caller)
            let moment = moment(&query)
            try query.finish()
            let resolved = try account.resolved()
            let balance = try await balances.balance(of: resolved.tenant, product: resolved.product, at: moment)
            try await record(
                .balance, of: resolved, moment.filters,
                balance.position.map { LogPosition(0)..<LogPosition($0.rawValue + 1) }, for: admitted)
            return admitted.json(.ok, Self.encode(balance, resolved.product))
        }
    }

    @Sendable func statement(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            let asked = try PageQuery(request, admitted.caller)
            let lines = try await history.statement(
                of: asked.account.tenant, product: asked.account.product, before: asked.page.before,
                limit: asked.page.limit + 1)
            try await record(
                .statement, of: asked.account, asked.page.filters, asked.page.covered(lines.map(\.position)),
                for: admitted)
            return admitted.json(
                .ok,
                asked.encode(lines, position: \.position) { json, line in
                    json.key("balance")
                    json.integerText(line.balance.rawValue)
                    json.key("change")
                    json.integerText(line.change)
                    json.key("kind")
                    json.string(line.kind)
                    json.key("position")
                    json.integerText(line.position.rawValue)
                    json.key("recorded_at")
                    json.string(line.recordedAt.text)
                    if let reference = line.reference {
                        json.key("reference")
                        json.string(reference)
                    }
                    json.key("units")
                    json.integerText(line.units.rawValue)
                })
        }
    }

    @Sendable func captures(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            let asked = try PageQuery(request, admitted.caller)
            let captures = try await history.captures(
                of: asked.account.tenant, product: asked.account.product, before: asked.page.before,
                limit: asked.page.limit + 1)
            try await record(
                .captures, of: asked.account, asked.page.filters, asked.page.covered(captures.map(\.position)),
                for: admitted)
            return admitted.json(
                .ok,
                asked.encode(captures, position: \.position) { json, capture in
                    json.key("capture_id")
                    json.uuid(capture.record.id)
                    json.key("captured_at")
                    json.string(RFC3339.format(microseconds: capture.record.capturedAt.microseconds))
                    json.key("line_count")
                    json.integer(capture.record.lineCount)
                    json.key("outcome")
                    json.string(capture.record.outcome.rawValue)
                    json.key("position")
                    json.integerText(capture.position.rawValue)
                    json.key("recorded_at")
                    json.string(capture.recordedAt.text)
                    json.key("vendor_host")
                    json.string(capture.record.vendorHost)
                })
        }
    }

    /// Nothing, unless it is an auditor who reads.
    private func record(
        _ route: AuditRead.Route, of account: AccountQuery.Account, _ filters: [String: String],
        _ positions: Range<LogPosition>?, for admitted: Admitted
    ) async throws {
        guard let auditor = account.auditor else { return }
        var filters = filters
        filters["product"] = account.product.rawValue
        filters["tenant_id"] = account.tenant.rawValue.lowercaseText
        try await ledger.record(
            AuditRead(route: route, kind: .page, filters: filters, positions: positions), of: account.tenant,
            by: admitted.requester(auditor))
    }

    private func moment(_ query: inout QueryReader) -> Balances.Moment {
        let time = query.optionalTimestamp("as_of")
        let position = query.optionalInteger("position", in: 0...Int64.max)
        if time != nil, position != nil { query.refuse("position", "can't be combined with as_of") }
        if let time, time > clock.now().microseconds { query.refuse("as_of", "must not be in the future") }
        if let time { return .time(EventTime(microseconds: time)) }
        if let position { return .position(LogPosition(position)) }
        return .now
    }

    private static func encode(_ balance: Balances.Balance, _ product: Product) -> [UInt8] {
        var json = CanonicalWriter(reserving: 512)
        json.beginObject()
        json.key("as_of")
        json.string(RFC3339.format(microseconds: balance.time.microseconds))
        json.key("available")
        json.integerText(balance.available.rawValue)
        json.key("grants")
        json.beginArray()
        for grant in balance.state.grants where grant.remaining > .zero { grant.write(to: &json) }
        json.endArray()
        json.key("held")
        json.integerText(balance.held.rawValue)
        json.key("position")
        if let position = balance.position { json.integerText(position.rawValue) } else { json.null() }
        json.key("posted")
        json.integerText(balance.posted.rawValue)
        json.key("product")
        json.string(product.rawValue)
        json.endObject()
        return json.bytes
    }
}

extension Balances.Moment {
    /// As the query's parameters say it.
    fileprivate var filters: [String: String] {
        switch self {
        case .now: [:]
        case .time(let time): ["as_of": time.text]
        case .position(let position): ["position": String(position.rawValue)]
        }
    }
}
