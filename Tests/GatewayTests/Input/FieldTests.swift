import CanonicalJSON
import Foundation
import Testing

/// A field of a command and a value that it can't have; nil for none at all.
struct WrongField: Sendable, CustomTestStringConvertible {
    let endpoint: Endpoint
    let field: String
    let value: JSONValue?
    let status: Int

    init(_ endpoint: Endpoint, _ field: String, _ value: JSONValue?, status: Int = 422) {
        self.endpoint = endpoint
        self.field = field
        self.value = value
        self.status = status
    }

    var testDescription: String {
        let text = value.map { String(decoding: $0.canonicalBytes(), as: UTF8.self) } ?? "absent"
        return "\(endpoint) \(field): \(text.prefix(60))"
    }

    /// Those of all fields that a command demands.
    static let required: [WrongField] =
        [
            (.check, ["product"]),
            (.capture, ["capture_id", "product", "vendor_host", "line_count", "captured_at", "outcome"]),
            (.hold, ["product", "units", "ttl_seconds"]),
            (.grant, ["tenant_id", "product", "units", "source", "reference"]), (.refund, ["tenant_id"]),
        ].flatMap { (endpoint: Endpoint, fields: [String]) in fields.map { WrongField(endpoint, $0, nil) } }

    /// No field takes an object, an array, null or a truth value.
    static let wrongTypes: [WrongField] =
        [
            (.check, ["product", "units"]),
            (.capture, ["capture_id", "product", "vendor_host", "line_count", "captured_at", "outcome", "hold_id"]),
            (.hold, ["product", "units", "ttl_seconds"]),
            (
                .grant,
                [
                    "tenant_id", "product", "units", "source", "reference", "priority", "effective_at", "expires_at",
                ]
            ), (.refund, ["tenant_id"]),
        ].flatMap { (endpoint: Endpoint, fields: [String]) in
            fields.flatMap { field in
                [.null, .bool(true), .array([]), .object([:]), .double(1.5)].map { WrongField(endpoint, field, $0) }
            }
        }

    static let identifiers: [WrongField] = [
        (.capture, "capture_id"), (.capture, "hold_id"), (.grant, "tenant_id"), (.refund, "tenant_id"),
    ].flatMap { (endpoint: Endpoint, field: String) in
        [
            "", "1", "A0000000-0000-4000-8000-000000000000", "{a0000000-0000-4000-8000-000000000000}",
            "a000000000004000800000000000000a", "a0000000-0000-4000-8000-00000000000g",
            "a0000000-0000-4000-8000-0000000000000", "urn:uuid:a0000000-0000-4000-8000-000000000000",
        ].map { WrongField(endpoint, field, .string($0)) }
    }

    static let hosts: [WrongField] = [
        "", "https://shop.example.com", "shop.example.com/cart", "shop.example.com/", "shop.example.com:443",
        "user@shop.example.com", "user:secret@shop.example.com", "shop.example.com?q=drill", "shop.example.com#top",
        "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", "2001:db8::1", "::1", "Shop.Example.com", "SHOP.EXAMPLE.COM",
        "my_shop.example.com", "büro.example.com", "шоп.example.com", "shop.example.com.", ".shop.example.com",
        "shop..example.com", "shop", "localhost", "shop.localhost", "-shop.example.com", "shop-.example.com",
        "shop example.com", " shop.example.com", "shop.example.com ", "shop.example.com\n", "shop.example.123",
        "0x7f.1", "1.2.3", "xn--.example.com", "xn--a.example.com", "ab--cd.example.com", "shop%2eexample.com",
        "shop\\example.com", "*.example.com", "drill, 9.99 EUR", "javascript:alert(1)", "data:text/plain,x",
        String(repeating: "a", count: 64) + ".example.com",
        String(repeating: "a.", count: 126) + "example.com",
    ].map { WrongField(.capture, "vendor_host", .string($0)) }

    static let numbers: [WrongField] =
        ([0, 10_001, -1, .max] as [Int64]).map { WrongField(.capture, "line_count", .integer($0)) }
        + [(.check, "units"), (.hold, "units"), (.grant, "units")].flatMap { (endpoint: Endpoint, field: String) in
            ([0, -1, 1_000_000_001, .max, .min] as [Int64]).map { WrongField(endpoint, field, .integer($0)) }
        }
        + ([0, -1, 604_801] as [Int64]).map { WrongField(.hold, "ttl_seconds", .integer($0)) }
        + ([-1, 256] as [Int64]).map { WrongField(.grant, "priority", .integer($0)) }
        + [
            (.check, "units"), (.capture, "line_count"), (.hold, "units"), (.hold, "ttl_seconds"), (.grant, "units"),
            (.grant, "priority"),
        ].flatMap { (endpoint: Endpoint, field: String) in
            [JSONValue.string("3"), .double(1e30)].map { WrongField(endpoint, field, $0) }
        }

    static let choices: [WrongField] = [
        (.check, "product"), (.capture, "product"), (.hold, "product"), (.grant, "product"), (.capture, "outcome"),
        (.grant, "source"),
    ].flatMap { (endpoint: Endpoint, field: String) in
        ["", "other", "Punchout", "punchout ", "SUCCESS", "partial"].map { WrongField(endpoint, field, .string($0)) }
    }

    static let times: [WrongField] = [
        (.capture, "captured_at"), (.grant, "effective_at"), (.grant, "expires_at"),
    ].flatMap { (endpoint: Endpoint, field: String) in
        [
            "", "2026-05-01", "12:00:00Z", "2026-05-01T12:00:00", "2026-05-01 12:00:00Z", "2026-05-01t12:00:00z",
            "2026-02-30T12:00:00Z", "2026-05-01T24:00:00Z", "2026-05-01T12:00:60Z", "2026-05-01T12:00:00.1234567Z",
            "2026-05-01T12:00:00+0200", "2026-W18-5T12:00:00Z", "1777636800", "1969-12-31T23:59:59Z",
            "10000-01-01T00:00:00Z", "2026-05-01T12:00:00[Europe/Zurich]", "yesterday",
        ].map { WrongField(endpoint, field, .string($0)) }
    }

    static let others: [WrongField] = [
        WrongField(.capture, "captured_at", .string("2000-01-01T00:00:00Z")),
        WrongField(.capture, "captured_at", .string("2999-01-01T00:00:00Z")),
        WrongField(.capture, "hold_id", .string("00000000-0000-4000-8000-000000000000"), status: 409),
        WrongField(.grant, "expires_at", .string("2000-01-01T00:00:00Z")),
        WrongField(.grant, "reference", .string("")),
        WrongField(.grant, "reference", .string(String(repeating: "r", count: 256))),
        WrongField(.grant, "reference", .string(String(repeating: "é", count: 128))),
        WrongField(.refund, "tenant_id", .string("00000000-0000-4000-8000-000000000000"), status: 404),
    ]
}

extension GatewayEntryTests {
    @Suite("Wrong fields", .gateway)
    struct FieldTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        private func refuse(_ wrong: WrongField) async throws {
            let customer = try await gateway.customer(credits: 10)
            let call = try await wrong.endpoint.call(for: customer, at: gateway)
            let token = try await wrong.endpoint.token(for: customer, at: gateway)
            var body = try #require(call.body)
            body[wrong.field] = wrong.value
            let answer = try await gateway.expectAppended(0) {
                try await gateway.post(call.path, body, token: token)
            }
            #expect(answer.status == wrong.status, "\(answer.text)")
            if wrong.status == 422 { #expect(answer.pointers == ["/\(wrong.field)"], "\(answer.text)") }
            let expected = wrong.status == 422 ? "validation" : wrong.status == 404 ? "not-found" : "conflict"
            #expect(answer.problem == expected)
        }

        @Test("a missing one", arguments: WrongField.required)
        func required(_ wrong: WrongField) async throws { try await refuse(wrong) }

        @Test("one of another type", arguments: WrongField.wrongTypes)
        func types(_ wrong: WrongField) async throws { try await refuse(wrong) }

        @Test("an identifier that is no UUID in lower case", arguments: WrongField.identifiers)
        func identifiers(_ wrong: WrongField) async throws { try await refuse(wrong) }

        @Test("a host that is more or less than a name (PUNCH-06)", arguments: WrongField.hosts)
        func hosts(_ wrong: WrongField) async throws { try await refuse(wrong) }

        @Test("a number out of range or written otherwise", arguments: WrongField.numbers)
        func numbers(_ wrong: WrongField) async throws { try await refuse(wrong) }

        @Test("a word that is not among the choices", arguments: WrongField.choices)
        func choices(_ wrong: WrongField) async throws { try await refuse(wrong) }

        @Test("a time that is none", arguments: WrongField.times)
        func times(_ wrong: WrongField) async throws { try await refuse(wrong) }

        @Test("a value that nothing can be done with", arguments: WrongField.others)
        func others(_ wrong: WrongField) async throws { try await refuse(wrong) }

        @Test("every fault is listed at once")
        func several() async throws {
            let customer = try await gateway.customer(credits: 1)
            let answer = try await gateway.expectAppended(0) {
                try await gateway.post(
                    "/v1/captures",
                    [
                        "capture_id": .string("1"), "cart/total": .string("9.99"), "line_count": .integer(0),
                        "outcome": .string("success"), "product": .string("punchout"),
                        "vendor_host": .string("https://x"),
                    ], token: customer.token)
            }
            expect(answer, is: 422, "validation")
            #expect(
                Set(answer.pointers) == ["/capture_id", "/captured_at", "/cart~1total", "/line_count", "/vendor_host"])
        }

        @Test("a failed capture can't name a hold")
        func failureWithHold() async throws {
            let customer = try await gateway.customer(credits: 1)
            var body = gateway.capture(outcome: "failure")
            body["hold_id"] = .string(try await gateway.held(customer))
            let answer = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/captures", body, token: customer.token)
            }
            expect(answer, is: 422, "validation")
            #expect(answer.pointers == ["/hold_id"])
        }

        @Test("a grant can't end before it begins")
        func endBeforeBeginning() async throws {
            let customer = try await gateway.customer()
            var body = TestGateway.grant(to: customer, units: 1)
            body["effective_at"] = .string(gateway.clock.text(in: 200))
            body["expires_at"] = .string(gateway.clock.text(in: 100))
            let answer = try await gateway.expectAppended(0) { try await gateway.grant(body) }
            expect(answer, is: 422, "validation")
            #expect(answer.pointers == ["/expires_at"])
        }

        @Test(
            "the limits themselves are right",
            arguments: [
                (.capture, "line_count", .integer(1)), (.capture, "line_count", .integer(10_000)),
                (.capture, "vendor_host", .string("a.b")),
                (.capture, "vendor_host", .string("xn--bro-hoa.example.com")),
                (.capture, "vendor_host", .string(String(repeating: "a", count: 63) + ".example.com")),
                (.check, "units", .integer(1_000_000_000)), (.hold, "ttl_seconds", .integer(604_800)),
                (.hold, "ttl_seconds", .integer(1)), (.grant, "units", .integer(1_000_000_000)),
                (.grant, "priority", .integer(0)), (.grant, "priority", .integer(255)),
                (.grant, "reference", .string(String(repeating: "r", count: 255))),
            ] as [(Endpoint, String, JSONValue)])
        func limits(endpoint: Endpoint, field: String, value: JSONValue) async throws {
            let customer = try await gateway.customer(credits: 10)
            let call = try await endpoint.call(for: customer, at: gateway)
            var body = try #require(call.body)
            body[field] = value
            let token = try await endpoint.token(for: customer, at: gateway)
            #expect(try await gateway.post(call.path, body, token: token).status == call.status)
        }
    }
}
