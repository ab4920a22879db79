import CanonicalJSON
import Foundation
import Testing

extension GatewayTests {
    @Suite("History", .gateway)
    struct HistoryTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        @Test("the balance of an account without a history is nothing, not an error")
        func emptyBalance() async throws {
            let customer = try await gateway.customer()
            let answer = try await gateway.get("/v1/credits/balance?product=punchout", token: customer.token)
            #expect(answer.status == 200)
            #expect(answer["posted"] == "0")
            #expect(answer.object?["position"] == .null)
            #expect(answer.object?["grants"] == .array([]))
        }

        @Test("a balance can be asked for as it was, at a time or after an event")
        func balanceThen() async throws {
            let customer = try await gateway.customer()
            var marks: [(time: String, position: Int64, posted: String)] = []
            for units in [5, 7] as [Int64] {
                gateway.clock.advance(seconds: 10)
                _ = try await gateway.grant(TestGateway.grant(to: customer, units: units))
                marks.append(
                    (gateway.clock.text(), try await gateway.logSize() - 1, units == 5 ? "5" : "12"))
            }
            gateway.clock.advance(seconds: 10)
            _ = try await gateway.debited(customer)
            for mark in marks {
                let path = "/v1/credits/balance?product=punchout"
                let then = try await gateway.get("\(path)&as_of=\(mark.time)", token: customer.token)
                #expect(then["posted"] == mark.posted)
                #expect(then["as_of"] == mark.time)
                let after = try await gateway.get("\(path)&position=\(mark.position)", token: customer.token)
                #expect(after["posted"] == mark.posted)
                #expect(after["position"] == String(mark.position))
            }
            #expect(try await gateway.available(customer) == "11")
        }

        @Test("a balance lists the grants that have something left")
        func grants() async throws {
            let customer = try await gateway.customer(credits: 1)
            _ = try await gateway.grant(TestGateway.grant(to: customer, units: 5))
            _ = try await gateway.debited(customer)
            let answer = try await gateway.get("/v1/credits/balance?product=punchout", token: customer.token)
            let grants = answer.object?["grants"]?.arrayValue?.compactMap(\.objectValue) ?? []
            #expect(grants.count == 1)
            #expect(grants.first?["remaining"] == .string("5"))
        }

        @Test("the statement has every movement, newest first, with the balance after it")
        func statement() async throws {
            let customer = try await gateway.customer(credits: 10)
            let capture = try await gateway.debited(customer)
            let hold = try await gateway.held(customer, units: 2)
            _ = try await gateway.post("/v1/holds/\(hold)/void", nil, token: customer.token)
            _ = try await gateway.post(
                "/v1/debits/\(capture)/refund", ["tenant_id": .string(customer.id)],
                token: gateway.identity.application("billing"))
            try await gateway.projectionsCaughtUp()
            let answer = try await gateway.get("/v1/credits/statement?product=punchout", token: customer.token)
            #expect(answer.status == 200)
            let lines = answer.items.map { line in
                ["kind", "units", "change", "balance"].map { line[$0]?.stringValue ?? "-" }.joined(separator: " ")
            }
            #expect(lines == ["refund 1 1 10", "hold_voided 0 0 9", "hold 2 0 9", "debit 1 -1 9", "grant 10 10 10"])
            #expect(answer.items.dropLast().last?["reference"] == .string(capture))
        }

        @Test("the captures come newest first, as they were told")
        func captures() async throws {
            let customer = try await gateway.customer(credits: 10)
            let bodies = [gateway.capture(), gateway.capture(outcome: "failure")]
            for body in bodies { _ = try await gateway.post("/v1/captures", body, token: customer.token) }
            try await gateway.projectionsCaughtUp()
            let answer = try await gateway.get("/v1/captures?product=punchout", token: customer.token)
            #expect(answer.status == 200)
            #expect(answer.items.map { $0["capture_id"] } == bodies.reversed().map { $0["capture_id"] })
            for (item, body) in zip(answer.items, bodies.reversed()) {
                for name in ["captured_at", "line_count", "outcome", "vendor_host"] {
                    #expect(item[name] == body[name])
                }
            }
        }

        @Test("pages follow one another without a gap or an overlap", arguments: ["statement", "captures"])
        func pages(list: String) async throws {
            let customer = try await gateway.customer(credits: 20)
            for _ in 0..<7 { _ = try await gateway.debited(customer) }
            try await gateway.projectionsCaughtUp()
            let path = list == "captures" ? "/v1/captures?product=punchout" : "/v1/credits/statement?product=punchout"
            let whole = try await gateway.get(path, token: customer.token).items.map { $0["position"]?.stringValue }
            var pages: [[String?]] = []
            var cursor: String?
            repeat {
                let suffix = cursor.map { "&cursor=\($0)" } ?? ""
                let page = try await gateway.get("\(path)&limit=3\(suffix)", token: customer.token)
                pages.append(page.items.map { $0["position"]?.stringValue })
                cursor = page["next_cursor"]
            } while cursor != nil
            #expect(pages.flatMap(\.self) == whole)
            #expect(pages.dropLast().allSatisfy { $0.count == 3 })
            #expect(pages.last?.isEmpty == false)
        }

        @Test("captures older than twelve months are not shown, the money stays")
        func twelveMonths() async throws {
            let customer = try await gateway.customer(credits: 2)
            _ = try await gateway.debited(customer)
            try await gateway.projectionsCaughtUp()
            gateway.clock.advance(seconds: 367 * 86_400)
            defer { gateway.clock.advance(seconds: -367 * 86_400) }
            let token = try await gateway.identity.user(of: customer.tenant, subject: customer.subject)
            let captures = try await gateway.get("/v1/captures?product=punchout", token: token)
            #expect(captures.items.isEmpty)
            let statement = try await gateway.get("/v1/credits/statement?product=punchout", token: token)
            #expect(statement.items.count == 2)
        }
    }
}
