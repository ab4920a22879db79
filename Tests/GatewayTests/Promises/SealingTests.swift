import CanonicalJSON
import EventStore
import Foundation
import Gateway
import HTTPTypes
import Postgres
import PostgresTesting
import Sealing
import Testing

extension GatewayTests {
    @Suite("Sealing", .gateway)
    struct SealingTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        /// A customer with one capture; its position.
        private func captured(host: String = "shop.example.com") async throws -> (Customer, LogPosition) {
            let customer = try await gateway.customer(credits: 3)
            var body = gateway.capture()
            body["vendor_host"] = .string(host)
            let answer = try await gateway.post("/v1/captures", body, token: customer.token)
            let text = try #require(answer.object?["positions"]?.objectValue?["capture"]?.stringValue)
            return (customer, LogPosition(try #require(Int64(text))))
        }

        @Test("an independent script opens a row with the key-encryption key, and finds it to be what is in the tree")
        func pythonExample() async throws {
            let (_, position) = try await captured(host: "www.galaxus.ch")
            let document = try String(contentsOf: Self.document, encoding: .utf8)
            let query = try #require(
                document.split(separator: "```sql\n").dropFirst().first?.split(separator: "```").first)
            let row = try await gateway.connected(as: .superuser) { connection in
                try await connection.query(Statement(String(query.replacing("POSITION", with: "\(position.rawValue)"))))
                    .only().string(0)
            }
            try await withTemporaryFolder { folder in
                let file = folder.appending(path: "row.json")
                func run(_ row: String, key: String) throws -> PythonExample.Output {
                    try Data(row.utf8).write(to: file)
                    try Data((key + "\n").utf8).write(to: folder.appending(path: "1.key"))
                    return try PythonExample.run("open_sealed.py", file.path, folder.path)
                }
                let key = try #require(gateway.platform.configuration.keys.key(1) as? KeyEncryptionKey).text
                let good = try run(row, key: key)
                #expect(good.status == 0, "\(good.text)")
                #expect(good.text.contains("opened: capture.recorded"))
                #expect(good.text.contains("www.galaxus.ch"))
                let other = KeyEncryptionKey(randomWithVersion: 1)
                #expect(try run(row, key: other.text).status != 0)
                for member in ["actor", "tenant", "id", "key", "recorded_at", "commitment", "envelope"] {
                    var object = try #require(try JSONParser.parse(Array(row.utf8)).objectValue)
                    let value = try #require(object[member]?.stringValue)
                    let end = member == "recorded_at" ? "Z" : ""
                    let digits = value.dropLast(end.count)
                    object[member] = .string(digits.dropLast() + (digits.hasSuffix("0") ? "1" : "0") + end)
                    let changed = String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self)
                    #expect(try run(changed, key: key).status != 0, "\(member)")
                }
            }
        }

        @Test("when a person's key was destroyed, nothing gives out what they captured any more, and proofs still hold")
        func destroyed() async throws {
            let (customer, position) = try await captured()
            #expect(try await gateway.settledCaptures(customer).items.count == 1)
            let receipt = "/v1/receipts/\(position.rawValue)"
            #expect(try await gateway.get(receipt, token: customer.token).status == 200)
            let audit = "/v1/audit/events?type=capture.recorded&tenant_id=\(customer.id)"
            let auditor = try await gateway.identity.application("auditor")
            let before = try #require(try await gateway.get(audit, token: auditor).items.first)
            #expect(before["data"]?.objectValue?["vendor_host"] == .string("shop.example.com"))

            let actor = try #require(before["actor"]?.stringValue)
            try await destroyKeys(of: customer)
            #expect(try await gateway.settledCaptures(customer).items.isEmpty)
            // In a service that has not met the key.
            try await TestGateway.with(clock: gateway.clock, configuration: gateway.configuration) { other in
                let token = try await other.identity.user(of: customer.tenant, subject: customer.subject)
                expect(try await other.get(receipt, token: token), is: 404)
                let auditor = try await other.identity.application("auditor")
                let after = try #require(try await other.get(audit, token: auditor).items.first)
                #expect(after["sealed"] == .string("destroyed"))
                #expect(after["data"] == nil)
                #expect(after["commitment"] == before["commitment"])
                // The person is a new one, to whom nothing of before belongs.
                let again = try await other.post("/v1/captures", other.capture(), token: token)
                #expect(again.status == 201)
                let newest = try #require(try await other.get(audit, token: auditor).items.last)
                #expect(newest["actor"]?.stringValue != actor)
                #expect(newest["data"] != nil)
            }
        }

        @Test("whether another person's capture is the same can be told as long as the key of the first is there")
        func otherPerson() async throws {
            let customer = try await gateway.customer(credits: 3)
            let body = gateway.capture()
            let first = try await gateway.post("/v1/captures", body, token: customer.token)
            #expect(first.status == 201)
            let colleague = try await gateway.identity.user(of: customer.tenant, subject: UUID())
            let again = try await gateway.post("/v1/captures", body, token: colleague)
            #expect(again.body == first.body)
            #expect(again.headers[.replayed] == "true")
            var other = body
            other["line_count"] = .integer(4)
            expect(
                try await gateway.post("/v1/captures", other, token: colleague), is: 422, "idempotency-key-reused")
            try await destroyKeys(of: customer)
            try await TestGateway.with(clock: gateway.clock, configuration: gateway.configuration) { fresh in
                let colleague = try await fresh.identity.user(of: customer.tenant, subject: UUID())
                let answer = try await fresh.post("/v1/captures", body, token: colleague)
                expect(answer, is: 422, "idempotency-key-reused")
            }
            #expect(try await gateway.available(customer) == "2")
        }

        /// Of all people of the tenant.
        private func destroyKeys(of customer: Customer) async throws {
            let people = try await gateway.connected(as: .superuser) { connection in
                try await connection.query(
                    "SELECT subject FROM zentriq.subject_keys WHERE tenant_id = $1", [.uuid(customer.tenant)]
                ).map { try $0.uuid(0) }
            }
            try await gateway.connected(as: .owner) { connection in
                for person in people {
                    try await connection.query(
                        "SELECT zentriq.forget_subject(1, $1, $2)", [.uuid(customer.tenant), .uuid(person)])
                }
            }
        }

        private static let document = URL(filePath: TestGateway.schemaDirectory).deletingLastPathComponent()
            .appending(path: "docs/SEALING.md")
    }
}
