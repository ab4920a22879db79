import Billing
import CanonicalJSON
import CreditDomain
import Edge
import EventStore
import Foundation
import Hummingbird
import Projections

/// What can be asked: the balance, the statement, the captures. By a user for the own tenant, by an auditor for any.
struct HistoryRoutes {
    static let maximumPage = 200
    static let defaultPage = 50

    let admission: Admission
    let balances: Balances
    let history: HistoryReader
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
            let (tenant, product) = try account.resolved()
            let balance = try await balances.balance(of: tenant, product: product, at: moment)
            return admitted.json(.ok, Self.encode(balance, product))
        }
    }

    @Sendable func statement(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await admission.serve(request, context) { admitted in
            let page = try PageQuery(request, admitted.caller)
            let lines = try await history.statement(
                of: page.tenant, product: page.product, before: page.before, limit: page.limit + 1)
            return admitted.json(
                .ok,
                page.encode(lines, position: \.position) { json, line in
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
            let page = try PageQuery(request, admitted.caller)
            let captures = try await history.captures(
                of: page.tenant, product: page.product, before: page.before, limit: page.limit + 1)
            return admitted.json(
                .ok,
                page.encode(captures, position: \.position) { json, capture in
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
