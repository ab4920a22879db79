import CanonicalJSON
import EventStore
import Foundation
import Gateway
import HTTPTypes
import Postgres
import PostgresTesting
import Testing
import TransparencyLog

extension GatewayTests {
    @Suite("Receipts", .gateway)
    struct ReceiptTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        private var key: NoteVerifier { gateway.platform.configuration.signer.verifier }

        /// The event in a receipt, which must verify with the log's key alone.
        private func opened(_ receipt: some Collection<UInt8>) throws -> (proof: ProofFile, event: JSONObject) {
            let proof = try ProofFile(parsing: receipt)
            let extra = try #require(try JSONParser.parse(proof.extra).objectValue)
            let event = try #require(extra["event"])
            let salt = try #require(extra["salt"]?.stringValue.flatMap { Data(base64Encoded: $0) })
            _ = try ReceiptVerifier(policy: TrustPolicy(log: key)).verify(
                proof, salt: Array(salt), event: event.canonicalBytes())
            return (proof, try #require(event.objectValue))
        }

        @Test(
            "every command's answer has the receipt of its event, if the client prefers it",
            arguments: Endpoint.commands)
        func preferred(endpoint: Endpoint) async throws {
            let customer = try await gateway.customer(credits: 20)
            for (headers, query) in [(["Prefer": "receipt"], ""), ([:], "?receipt=true")]
                as [([String: String], String)]
            {
                let call = try await endpoint.call(for: customer, at: gateway)
                let token = try await endpoint.token(for: customer, at: gateway)
                var fields = HTTPFields()
                for (name, value) in headers { fields.append(HTTPField(name: .init(name)!, value: value)) }
                let answer = try await gateway.post(call.path + query, call.body, token: token, headers: fields)
                #expect(answer.status == call.status)
                #expect(answer.headers[.init("Preference-Applied")!] == "receipt")
                let (proof, event) = try opened(try #require(answer["receipt"]).utf8)
                let position = answer["position"] ?? answer.object?["positions"]?.objectValue?["debit"]?.stringValue
                #expect(position == String(proof.index))
                #expect(event["tenant"] == .string(customer.id))
            }
        }

        @Test("without the wish there is no receipt, and the stored answer never has one")
        func unasked() async throws {
            let customer = try await gateway.customer(credits: 5)
            let body = gateway.capture()
            let first = try await gateway.post("/v1/captures?receipt=true", body, token: customer.token)
            #expect(first["receipt"] != nil)
            for query in ["", "?receipt=false"] {
                let again = try await gateway.post("/v1/captures" + query, body, token: customer.token)
                #expect(again.status == 200 && again["receipt"] == nil)
                #expect(again.headers[.init("Preference-Applied")!] == nil)
            }
            let replayed = try await gateway.post("/v1/captures?receipt=true", body, token: customer.token)
            #expect(replayed.headers[.replayed] == "true")
            #expect(try opened(try #require(replayed["receipt"]).utf8).event["type"] == .string("credit.debited"))
        }

        @Test(
            "a preference is a token, whatever its case and company",
            arguments: [
                ("receipt", true), ("Receipt", true), ("respond-async, receipt", true), ("receipt; x=1", true),
                (" receipt ,wait=10", true), ("receipts", false), ("receipt=no", false), ("", false),
                ("\"receipt\"", false),
            ])
        func preference(text: String, isApplied: Bool) async throws {
            let customer = try await gateway.customer(credits: 1)
            let answer = try await gateway.post(
                "/v1/credits/check", ["product": .string("punchout")], token: customer.token,
                headers: [.init("Prefer")!: text])
            #expect((answer["receipt"] != nil) == isApplied)
        }

        @Test("a wish that is neither true nor false is refused, and nothing is recorded", arguments: ["1", "yes", ""])
        func wrongWish(value: String) async throws {
            let customer = try await gateway.customer(credits: 1)
            let answer = try await gateway.expectAppended(0) {
                try await gateway.post("/v1/captures?receipt=\(value)", gateway.capture(), token: customer.token)
            }
            expect(answer, is: 422, "validation")
        }

        @Test("a receipt by position, verified by a script that shares no code with the service")
        func independent() async throws {
            let customer = try await gateway.customer(credits: 3)
            let capture = try await gateway.post("/v1/captures", gateway.capture(), token: customer.token)
            let positions = try #require(capture.object?["positions"]?.objectValue)
            for (name, type) in [("debit", "credit.debited"), ("capture", "capture.recorded")] {
                let position = try #require(positions[name]?.stringValue)
                let receipt = try await gateway.get("/v1/receipts/\(position)", token: customer.token)
                #expect(receipt.status == 200)
                #expect(try opened(receipt.body).event["type"] == .string(type))
                try await withTemporaryFolder { folder in
                    let file = folder.appending(path: "receipt")
                    try Data(receipt.body).write(to: file)
                    let good = try PythonExample.run("verify_receipt.py", file.path, key.text)
                    #expect(good.status == 0 && good.text.contains("verified: entry \(position) of "), "\(good.text)")
                    #expect(good.text.contains(type))

                    let text = receipt.text.replacingOccurrences(of: "index \(position)", with: "index 0")
                    try Data(text.utf8).write(to: file)
                    let bad = try PythonExample.run("verify_receipt.py", file.path, key.text)
                    #expect(bad.status != 0 && bad.text.contains("AssertionError"))
                }
            }
        }

        @Test("nobody gets a receipt of another tenant's event, or of another product's, or of a person's registration")
        func isolation() async throws {
            let customer = try await gateway.customer(credits: 3)
            let stranger = try await gateway.customer(credits: 1)
            let agent = try await gateway.identity.user(
                of: customer.tenant, subject: customer.subject, client: TestIdentity.agentClient)
            let check = try await gateway.post(
                "/v1/credits/check", ["product": .string("punchout")], token: customer.token)
            let path = "/v1/receipts/\(try #require(check["position"]))"
            #expect(try await gateway.get(path, token: customer.token).status == 200)
            expect(try await gateway.get(path, token: stranger.token), is: 404, "not-found")
            expect(try await gateway.get(path, token: agent), is: 404, "not-found")
            expect(try await gateway.get(path), is: 401, "unauthorized")
            expect(try await gateway.get(path, token: gateway.identity.application("billing")), is: 403, "forbidden")

            let auditor = try await gateway.identity.application("auditor")
            #expect(try await gateway.get("\(path)?tenant_id=\(customer.id)", token: auditor).status == 200)
            expect(try await gateway.get("\(path)?tenant_id=\(stranger.id)", token: auditor), is: 404, "not-found")
            expect(try await gateway.get(path, token: auditor), is: 422, "validation")
            expect(
                try await gateway.get("\(path)?tenant_id=\(customer.id)", token: customer.token), is: 422, "validation")
        }

        @Test("a receipt that a witness has seen is had as soon as one has, and verifies with a quorum")
        func witnessed() async throws {
            let customer = try await gateway.customer(credits: 1)
            let first = try await gateway.post("/v1/captures", gateway.capture(), token: customer.token)
            let position = try #require(first.object?["positions"]?.objectValue?["debit"]?.stringValue)
            let path = "/v1/receipts/\(position)?witnessed=true"
            expect(try await gateway.get(path, token: customer.token), is: 404, "not-found")

            let cosigner = try Cosigner(name: KeyName("witness.test/w"), seed: [UInt8](repeating: 9, count: 32))
            let policy = try TrustPolicy(log: key, witnesses: [cosigner.verifier], quorum: 1)
            let checkpoint = try await gateway.get("/log/gateway/checkpoint").body
            var cosigned = try SignedCheckpoint(parsing: checkpoint)
            try cosigned.add(cosigner.cosign(cosigned.unverified, time: 1_800_000_000))
            let pool = PostgresPool(configuration: try gateway.configuration(.gateway), size: 1)
            try await Cosignatures(log: gateway.platform.configuration.log, pool: pool).add(
                cosigned, by: cosigner.verifier)
            await pool.close()

            let served = try await gateway.get("/log/gateway/cosigned").body
            #expect(try policy.verify(SignedCheckpoint(parsing: served)).cosignatures.count == 1)
            _ = try await gateway.post("/v1/captures", gateway.capture(outcome: "failure"), token: customer.token)
            let receipt = try await gateway.get(path, token: customer.token)
            let proof = try opened(receipt.body).proof
            #expect(try policy.verify(proof.checkpoint).checkpoint.size == cosigned.unverified.size)
            expect(try await gateway.get(path + "x", token: customer.token), is: 422, "validation")
        }

        @Test(
            "a position that no event has is not found",
            arguments: ["-1", "01", "+1", "1.0", "x", "9223372036854775807", "9223372036854775808", "%31"])
        func nowhere(position: String) async throws {
            let customer = try await gateway.customer()
            expect(try await gateway.get("/v1/receipts/\(position)", token: customer.token), is: 404, "not-found")
        }
    }
}
