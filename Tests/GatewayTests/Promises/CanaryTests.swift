import CanonicalJSON
import Edge
import Foundation
import HTTPTypes
import LogTesting
import Postgres
import PostgresTesting
import Testing

extension GatewayTests {
    /// PUNCH-05: what does not belong in the service leaves no trace in it.
    @Suite("Canaries", .gateway)
    struct CanaryTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        /// Sends the canary wherever a client could put something; each request with what its answer must be.
        private func release(_ canary: String) async throws {
            let customer = try await gateway.customer(credits: 5)
            let hold = try await gateway.held(customer)
            func capture(_ status: Int, headers: HTTPFields = [:], _ change: (inout JSONObject) -> Void) async throws {
                var body = gateway.capture()
                change(&body)
                let answer = try await gateway.post("/v1/captures", body, token: customer.token, headers: headers)
                expect(answer, is: status)
            }
            try await capture(422) { $0["items"] = .string(canary) }
            try await capture(422) { $0[canary] = .string("x") }
            try await capture(422) { $0["items"] = .array([.object([canary: .string(canary)])]) }
            for field in ["capture_id", "product", "line_count", "captured_at", "outcome", "hold_id"] {
                try await capture(422) { $0[field] = .string(canary) }
            }
            try await capture(422) { $0["vendor_host"] = .string("https://shop.example.com/\(canary)") }
            try await capture(422) { $0["vendor_host"] = .string("\(canary)@shop.example.com") }
            try await capture(201, headers: [.requestID: canary]) { _ in }
            try await capture(201, headers: [.userAgent: canary, .referer: canary, .cookie: canary]) { _ in }
            try await capture(201, headers: [.idempotencyKey: canary, .accept: canary, .origin: canary]) { _ in }

            // A key is the client's own choice: taken, and kept as a hash only.
            let body: JSONObject = ["product": .string("punchout"), "ttl_seconds": .integer(60), "units": .integer(1)]
            let held = try await gateway.post("/v1/holds", body, token: customer.token, key: canary)
            #expect(held.status == 201)
            let again = try await gateway.post("/v1/holds", body, token: customer.token, key: canary)
            #expect(again.body == held.body)

            let json: HTTPFields = [.contentType: "application/json"]
            let raw: [(String, HTTPFields, Int)] = [
                ("{\"items\":\"\(canary)", json, 400), ("{}\(canary)", json, 400), (canary, json, 400),
                ("{\"\(canary)\":1,\"\(canary)\":2}", json, 422), ("{\"a\":\"\(canary)\\ud800\"}", json, 422),
                (String(repeating: canary, count: 200), json, 413), (canary, [.contentType: "text/\(canary)"], 415),
            ]
            for (text, headers, status) in raw {
                let answer = try await gateway.send(
                    .post, "/v1/captures", token: customer.token, bytes: Array(text.utf8), headers: headers)
                expect(answer, is: status)
            }
            let targets = [
                ("/v1/captures?product=\(canary)", 422), ("/v1/captures?product=punchout&\(canary)=1", 422),
                ("/v1/captures?product=punchout&cursor=\(canary)", 422), ("/\(canary)", 404),
                ("/v1/credits/balance?product=punchout&as_of=\(canary)", 422), ("/livez?\(canary)", 200),
            ]
            for (target, status) in targets {
                expect(try await gateway.get(target, token: customer.token), is: status)
            }
            for path in ["/v1/holds/\(canary)/void", "/v1/holds/\(hold)/void?\(canary)=1"] {
                let answer = try await gateway.post(path, nil, token: customer.token)
                expect(answer, is: path.contains("?") ? 422 : 404)
            }
            expect(try await gateway.get("/v1/captures?product=punchout", token: canary), is: 401)
            expect(try await gateway.post("/v1/captures", [:], token: "\(canary).\(canary).\(canary)"), is: 401)
        }

        @Test("PUNCH-05: a canary sent in every place there is is found in no table, log or write-ahead log")
        func canary() async throws {
            // Lower-case letters only, so that it can stand in names and hosts.
            let canary = "canary" + String((0..<24).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement() ?? "a" })
            let witness = "witness-\(UInt32.random(in: .min ... .max))"
            // Of a capture that was recorded, and of the person who captured.
            let host = "host\(UInt64.random(in: .min ... .max)).example.com"
            try await release(canary)
            let customer = try await gateway.customer(credits: 1)
            var body = gateway.capture()
            body["vendor_host"] = .string(host)
            #expect(try await gateway.post("/v1/captures", body, token: customer.token).status == 201)
            let page = try await gateway.settledCaptures(customer)
            #expect(page.items.first?["vendor_host"] == .string(host))
            // Something that must be found, so that looking in vain means something.
            var grant = TestGateway.grant(to: customer, units: 1)
            grant["reference"] = .string(witness)
            #expect(try await gateway.grant(grant).status == 201)
            try await gateway.projectionsCaughtUp()

            #expect(try await tables(holding: Array(witness.utf8)).contains("zentriq.credit_statement"))
            #expect(gateway.logs.lines.contains { $0.contains("/v1/captures") })
            let files = try await serverFiles()
            #expect(try files.contains { try contains(Array(witness.utf8), $0) })
            let secrets = [canary, host, customer.subject.uuidString, customer.subject.uuidString.lowercased()]
            for secret in secrets.map({ Array($0.utf8) }) + [Self.bytes(customer.subject)] {
                #expect(try await tables(holding: secret) == [], "\(secret)")
                #expect(try files.filter { try contains(secret, $0) } == [], "\(secret)")
            }
            for secret in secrets { #expect(!gateway.logs.lines.contains { $0.contains(secret) }) }
        }

        private static func bytes(_ id: UUID) -> [UInt8] { withUnsafeBytes(of: id.uuid) { Array($0) } }

        /// Every table of every schema, row by row: as text, or in hexadecimal in a column of bytes.
        private func tables(holding bytes: [UInt8]) async throws -> [String] {
            let text = String(validating: bytes, as: UTF8.self) ?? UUID().uuidString
            let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return try await gateway.connected(as: .superuser) { connection in
                let names = try await connection.query(
                    """
                    SELECT format('%I.%I', n.nspname, c.relname)
                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
                    """)
                #expect(names.count > 30)
                var found: [String] = []
                for row in names {
                    let name = try row.string(0)
                    let rows = try await connection.query(
                        Statement(
                            """
                            SELECT count(*) FROM \(name) t
                            WHERE position($1 in t::text) > 0 OR position($2 in replace(t::text, '-', '')) > 0
                            """), [.text(text), .text(digits)])
                    if try rows.only().int64(0) > 0 { found.append(name) }
                }
                return found
            }
        }

        /// The write-ahead log, on disk, and the server's own log.
        private func serverFiles() async throws -> [URL] {
            let data = try await gateway.connected(as: .superuser) { connection in
                try await connection.script("CHECKPOINT")
                return try await connection.query("SHOW data_directory").only().string(0)
            }
            let segments = try FileManager.default.contentsOfDirectory(
                at: URL(filePath: data).appending(path: "pg_wal"), includingPropertiesForKeys: nil)
            let logs = try FileManager.default.contentsOfDirectory(
                at: URL(filePath: data).appending(path: "log"), includingPropertiesForKeys: nil)
            let first = URL(filePath: data).deletingLastPathComponent().appending(path: "postgres.log")
            return segments.filter { !$0.hasDirectoryPath } + logs
                + (FileManager.default.fileExists(atPath: first.path) ? [first] : [])
        }

        private func contains(_ bytes: [UInt8], _ file: URL) throws -> Bool {
            // A segment may have been recycled meanwhile.
            guard let data = try? Data(contentsOf: file, options: .mappedIfSafe) else { return false }
            return data.range(of: Data(bytes)) != nil
        }
    }
}
