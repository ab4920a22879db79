import CanonicalJSON
import EventStore
import Foundation
import Gateway
import HTTPTypes
import Postgres
import PostgresTesting
import Testing

extension GatewayTests {
    /// The public promises about captures and credits, one by one, as an outsider could try them.
    @Suite("Promises", .gateway)
    struct PromiseTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        @Test(
            "PUNCH-01: what could be the content of a cart has no place to stand in",
            arguments: [
                "items", "cart", "lines", "products", "description", "price", "currency", "total", "quantity", "sku",
                "comment", "note", "url", "page_title", "user", "email", "ip", "user_agent", "metadata", "Vendor_host",
            ])
        func closedSchema(field: String) async throws {
            let customer = try await gateway.customer(credits: 1)
            for value in [JSONValue.string("Drill, 18 V"), .array([.object(["name": .string("Drill")])]), .null] {
                var body = gateway.capture()
                body[field] = value
                let answer = try await gateway.expectAppended(0) {
                    try await gateway.post("/v1/captures", body, token: customer.token)
                }
                expect(answer, is: 422, "validation")
                #expect(answer.pointers == ["/\(field)"])
            }
        }

        @Test("PUNCH-02: what is kept of a capture is what its document tells, and nothing of it is free text")
        func storedFields() async throws {
            let customer = try await gateway.customer(credits: 1)
            let capture = try await gateway.debited(customer)
            let tenant = TenantID(customer.tenant)
            var stored: [String] = []
            for stream in ["account-punchout", "capture-punchout"].compactMap(StreamID.init) {
                for event in try await gateway.platform.reader.stream(StreamKey(tenant, stream))
                where String(decoding: event.data, as: UTF8.self).contains(capture) {
                    let data = try JSONParser.parse(event.data).objectValue
                    stored.append("\(event.type): \((data?.members ?? []).map(\.name).joined(separator: " "))")
                }
            }
            #expect(
                Set(stored) == [
                    "credit.debited: allocations debit units",
                    "capture.recorded: capture_id captured_at line_count outcome product vendor_host",
                ])
        }

        @Test("PUNCH-03: 200 identical captures at once debit once, and all get the same answer")
        func identicalCaptures() async throws {
            let customer = try await gateway.customer(credits: 200)
            let body = gateway.capture()
            let answers = try await gateway.expectAppended(2) {
                try await gateway.parallel(200) { _ in
                    try await gateway.post("/v1/captures", body, token: customer.token)
                }
            }
            #expect(answers.count { $0.status == 201 } == 1)
            #expect(answers.count { $0.status == 200 && $0.headers[.replayed] == "true" } == 199)
            #expect(Set(answers.map(\.body)).count == 1)
            #expect(try await gateway.available(customer) == "199")
        }

        @Test("PUNCH-03: 200 captures at once on 50 credits: 50 succeed, 150 are refused, nothing is left")
        func limitedCaptures() async throws {
            let customer = try await gateway.customer(credits: 50)
            let answers = try await gateway.expectAppended(100) {
                try await gateway.parallel(200) { _ in
                    try await gateway.post("/v1/captures", gateway.capture(), token: customer.token)
                }
            }
            #expect(answers.count { $0.status == 201 } == 50)
            #expect(answers.count { $0.status == 402 && $0.problem == "insufficient-credits" } == 150)
            #expect(try await gateway.available(customer) == "0")
        }

        @Test("PUNCH-03: two services on one log still debit once")
        func twoServices() async throws {
            let first = gateway
            let customer = try await first.customer(credits: 100)
            let body = first.capture()
            try await TestGateway.with(clock: first.clock, configuration: first.configuration) { second in
                let token = try await second.identity.user(of: customer.tenant, subject: customer.subject)
                let answers = try await first.parallel(100) { index in
                    index % 2 == 0
                        ? try await first.post("/v1/captures", body, token: customer.token)
                        : try await second.post("/v1/captures", body, token: token)
                }
                #expect(answers.count { $0.status == 201 } == 1)
                #expect(answers.count { $0.status == 200 } == 99)
                #expect(Set(answers.map(\.body)).count == 1)
            }
            #expect(try await gateway.available(customer) == "99")
        }

        @Test("PUNCH-04: 1,000 checks are 1,000 events and change no balance")
        func checks() async throws {
            let customer = try await gateway.customer(credits: 3)
            let answers = try await gateway.expectAppended(1_000) {
                try await gateway.parallel(1_000) { index in
                    try await gateway.post(
                        "/v1/credits/check",
                        ["product": .string("punchout"), "units": .integer(Int64(index % 5) + 1)],
                        token: customer.token)
                }
            }
            #expect(answers.allSatisfy { $0.status == 200 && $0["available"] == "3" })
            #expect(answers.count { $0.object?["allowed"] == .bool(true) } == 600)
            #expect(try await gateway.available(customer) == "3")
            try await gateway.projectionsCaughtUp()
            let statement = try await gateway.get("/v1/credits/statement?product=punchout", token: customer.token)
            #expect(statement.items.count == 1)
        }

        @Test("PUNCH-07: a token of a client that is not on the list is refused")
        func unknownClient() async throws {
            let token = try await gateway.identity.user(of: UUID(), client: UUID())
            let answer = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/captures", gateway.capture(), token: token)
            }
            expect(answer, is: 403, "forbidden")
        }

        @Test(
            "PUNCH-12: a product's client can do nothing with the other product",
            arguments: [
                (TestIdentity.extensionClient, "agent"), (TestIdentity.agentClient, "punchout"),
            ])
        func otherProduct(client: UUID, product: String) async throws {
            let customer = try await gateway.customer(credits: 5, client: client)
            let other = Customer(tenant: customer.tenant, subject: customer.subject, token: customer.token)
            _ = try await gateway.grant(TestGateway.grant(to: other, units: 5, product: product))
            let hold: JSONObject = [
                "product": .string(product), "ttl_seconds": .integer(60), "units": .integer(1),
            ]
            let answers = try await gateway.expectAppended(0) {
                [
                    try await gateway.post("/v1/credits/check", ["product": .string(product)], token: customer.token),
                    try await gateway.post("/v1/captures", gateway.capture(product: product), token: customer.token),
                    try await gateway.post("/v1/holds", hold, token: customer.token),
                    try await gateway.get("/v1/credits/balance?product=\(product)", token: customer.token),
                    try await gateway.get("/v1/credits/statement?product=\(product)", token: customer.token),
                    try await gateway.get("/v1/captures?product=\(product)", token: customer.token),
                ]
            }
            for answer in answers { expect(answer, is: 403, "product-not-entitled") }
        }
    }
}

extension TestGateway {
    /// So many requests at once.
    func parallel(
        _ count: Int, _ request: @escaping @Sendable (Int) async throws -> Answer
    ) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for index in 0..<count { group.addTask { try await request(index) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
