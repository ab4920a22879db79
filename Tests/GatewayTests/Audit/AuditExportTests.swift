import CanonicalJSON
import Crypto
import Foundation
import Gateway
import HTTPTypes
import LogTesting
import Postgres
import PostgresTesting
import Testing
import TransparencyLog

@testable import EventStore

extension GatewayTests {
    @Suite("Exports", GatewayTrait(options: .init(isListening: true)))
    struct AuditExportTests {
        private let gateway: TestGateway
        private static let path = "/v1/audit/events"

        init() throws {
            gateway = try TestGateway.shared
        }

        /// What a reader does with an export: is it whole, and is it what was sent?
        private func isWhole(_ body: [UInt8]) -> Bool {
            let lines = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            guard lines.count >= 2, lines.last?.isEmpty == true,
                let manifest = (try? JSONParser.parse(lines[lines.count - 2]))?.objectValue?["manifest"]?.objectValue
            else { return false }
            let before = lines.dropLast(2)
            let digest = SHA256.hash(data: before.flatMap { $0 + [UInt8(ascii: "\n")] })
            return manifest["count"]?.stringValue == String(before.count)
                && manifest["sha256"]?.stringValue == digest.map { String(format: "%02x", $0) }.joined()
        }

        private func without(_ line: Int, _ body: [UInt8]) -> [UInt8] {
            var lines = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            lines.remove(at: line)
            return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
        }

        @Test("of more than a page has every line and a manifest, and a line that is missing is noticed")
        func whole() async throws {
            let customer = try await gateway.customer(credits: 3_000)
            _ = try await gateway.parallel(1_100) { _ in
                try await gateway.post(
                    "/v1/credits/check", ["product": .string("punchout")], token: customer.token)
            }
            let token = try await gateway.auditToken(of: customer)
            let head = try await gateway.platform.reader.head()
            let answer = try await gateway.expectAppended(1) {
                try await gateway.get(Self.path, token: token, headers: [.accept: "application/x-ndjson"])
            }
            #expect(answer.headers[.contentType] == "application/x-ndjson")
            #expect(answer.headers[.contentLength] == nil)
            #expect(isWhole(answer.body))
            let lines = answer.lines.compactMap(\.self)
            #expect(lines.count == 1_104)
            for line in [0, 1, 999, 1_000, 1_102, 1_103] { #expect(!isWhole(without(line, answer.body)), "\(line)") }

            let positions = lines.dropLast().compactMap { $0["position"]?.stringValue.flatMap { Int64($0) } }
            #expect(positions == positions.sorted() && Set(positions).count == 1_103)
            let manifest = try #require(lines.last?["manifest"]?.objectValue)
            #expect(manifest["from_position"] == .string("0"))
            #expect(manifest["to_position"] == .string(String(head.nextPosition.rawValue)))
            #expect(manifest["size"] == .string(String(head.nextPosition.rawValue)))
            #expect(manifest["root"] == .string(head.root.hex))
            #expect(manifest["filters"] == .object(["tenant_id": .string(customer.id)]))
            let note = try SignedCheckpoint(parsing: Array(try #require(manifest["checkpoint"]?.stringValue).utf8))
            let checkpoint = try TrustPolicy(log: gateway.platform.configuration.signer.verifier).verify(note)
                .checkpoint
            #expect(checkpoint.size == UInt64(head.nextPosition.rawValue))
            #expect(checkpoint.root == head.root)

            // Its own record is behind it; the same export to where it ended is the same, byte for byte.
            let again = try await gateway.get(
                "\(Self.path)?format=ndjson&to_position=\(head.nextPosition.rawValue)", token: token)
            #expect(again.lines.dropLast() == answer.lines.dropLast())
            let later = try await gateway.get("\(Self.path)?format=ndjson&type=audit.read", token: token)
            let kinds = later.lines.dropLast().map { $0?["data"]?.objectValue?["kind"]?.stringValue }
            #expect(kinds == ["export", "export"])
        }

        @Test("of all tenants is what the log holds, with the entries of its tree")
        func allTenants() async throws {
            let customer = try await gateway.customer(credits: 1)
            _ = try await gateway.debited(customer)
            let head = try await gateway.platform.reader.head()
            let answer = try await gateway.get(
                "\(Self.path)?format=ndjson", token: gateway.identity.application("auditor"))
            #expect(isWhole(answer.body))
            var tree = CompactRange()
            for line in answer.lines.dropLast() {
                let commitment = try #require(line?["commitment"]?.stringValue.flatMap { TreeHash(base64: $0.utf8) })
                tree.append(MerkleTree.leafHash(of: commitment))
            }
            #expect(tree.root() == head.root)
        }

        @Test("of nothing is a manifest alone", arguments: ["type=credit.refunded", "from_position=0&to_position=0"])
        func nothing(query: String) async throws {
            let customer = try await gateway.customer()
            let answer = try await gateway.get(
                "\(Self.path)?format=ndjson&\(query)", token: gateway.auditToken(of: customer))
            #expect(isWhole(answer.body))
            #expect(answer.lines.count == 1)
            #expect(answer.lines.first??["manifest"]?.objectValue?["count"] == .string("0"))
        }

        @Test(
            "the form is the one asked for, and `format` wins",
            arguments: [
                ("", "", false), ("", "*/*", false), ("", "application/json", false),
                ("", "application/x-ndjson", true),
                ("", "text/html, Application/X-NDJSON;q=0.5", true), ("", "application/x-ndjson; q=0.0", false),
                ("?format=json", "application/x-ndjson", false), ("?format=ndjson", "application/json", true),
                ("", "application/x-ndjsonl", false),
            ])
        func form(query: String, accept: String, isLines: Bool) async throws {
            let customer = try await gateway.customer()
            let answer = try await gateway.get(
                Self.path + query, token: gateway.auditToken(of: customer),
                headers: accept.isEmpty ? [:] : [.accept: accept])
            #expect(answer.headers[.contentType] == (isLines ? "application/x-ndjson" : "application/json"))
        }

        @Test("that fails midway is cut off without a manifest")
        func cutOff() async throws {
            let customer = try await gateway.customer(credits: 10)
            _ = try await gateway.parallel(1_005) { _ in
                try await gateway.post(
                    "/v1/credits/check", ["product": .string("punchout")], token: customer.token)
            }
            // On the second page.
            try await gateway.connected(as: .superuser) { connection in
                try await connection.script(
                    """
                    SET session_replication_role = replica;
                    UPDATE zentriq.events SET commitment = 'short' WHERE position =
                        (SELECT max(position) FROM zentriq.events WHERE tenant_id = '\(customer.id)')
                    """)
            }
            let token = try await gateway.auditToken(of: customer)
            await #expect(throws: (any Error).self) {
                try await gateway.get("\(Self.path)?format=ndjson", token: token)
            }
            #expect(gateway.logs.lines.contains { $0.contains("an export was cut off") })
            // In one page nothing is given out at all.
            let page = try await gateway.get("\(Self.path)?type=credit.checked&limit=1000&format=json", token: token)
            #expect(page.status == 200)
            let faulty = try await gateway.get(
                "\(Self.path)?cursor=\(try #require(page["next_cursor"]))&limit=1000", token: token)
            expect(faulty, is: 500, "internal")
        }
    }

    @Suite("Exports at once")
    struct ExportSlotTests {
        @Test("beyond the limit are refused at once and not recorded; pages, and exports of others, go on")
        func limit() async throws {
            try await TestGateway.with { gateway in
                let customer = try await gateway.customer(credits: 1)
                let user = try await gateway.auditToken(of: customer)
                let auditor = try await gateway.identity.application("auditor")
                let (path, slots) = ("/v1/audit/events?format=ndjson", gateway.platform.tenantExports)
                #expect(slots.free == 2)
                let taken = [try slots.take(), try slots.take()]
                for _ in 0..<3 {
                    let refused = try await gateway.expectAppended(0) { try await gateway.get(path, token: user) }
                    expect(refused, is: 503, "overloaded")
                    #expect(refused.headers[.retryAfter] == "10")
                }
                #expect(try await gateway.get("/v1/audit/events", token: user).status == 200)
                #expect(try await gateway.get(path, token: auditor).status == 200)
                for slot in taken + taken { slot.giveBack() }
                #expect(slots.free == 2)
                #expect(try await gateway.get(path, token: user).status == 200)
                #expect(slots.free == 2)
            }
        }

        @Test("give their place back, however they end")
        func givenBack() async throws {
            var options = TestGateway.Options()
            options.isListening = true
            try await TestGateway.with(options) { gateway in
                let customer = try await gateway.customer(credits: 10)
                _ = try await gateway.parallel(1_005) { _ in
                    try await gateway.post(
                        "/v1/credits/check", ["product": .string("punchout")], token: customer.token)
                }
                let token = try await gateway.auditToken(of: customer)
                let (path, slots) = ("/v1/audit/events?format=ndjson", gateway.platform.tenantExports)
                func areFree() async throws {
                    while slots.free < 2 { try await Task.sleep(for: .milliseconds(5)) }
                }
                // To its end; without a body; before it has begun.
                #expect(try await gateway.get(path, token: token).status == 200)
                try await areFree()
                let head = try await gateway.transport(.head, path, [.authorization: "Bearer \(token)"], nil)
                #expect(head.status == 200 && head.body.isEmpty)
                try await areFree()
                #expect(try await gateway.get(path + "&type=nonsense", token: token).status == 422)
                try await areFree()
                // The client goes away.
                for milliseconds in [0, 1, 5, 20, 50] {
                    let asking = Task { try await gateway.get(path, token: token) }
                    try await Task.sleep(for: .milliseconds(milliseconds))
                    asking.cancel()
                    _ = try? await asking.value
                    try await areFree()
                }
                // An error, on the second page.
                try await gateway.connected(as: .superuser) { connection in
                    try await connection.script(
                        """
                        SET session_replication_role = replica;
                        UPDATE zentriq.events SET commitment = 'short' WHERE position =
                            (SELECT max(position) FROM zentriq.events WHERE type = 'credit.checked')
                        """)
                }
                await #expect(throws: (any Error).self) { try await gateway.get(path, token: token) }
                try await areFree()
            }
        }
    }

    @Suite("Reads without a log to record them in")
    struct UnrecordedReadTests {
        @Test("nothing is given out while the read can't be recorded", arguments: ["", "&format=ndjson"])
        func unavailable(form: String) async throws {
            var options = TestGateway.Options()
            options.writing.queuedCommands = 1
            try await TestGateway.with(options) { gateway in
                let customer = try await gateway.customer(credits: 5)
                let user = try await gateway.auditToken(of: customer)
                let auditor = try await gateway.identity.application("auditor")
                // Someone holds the head: appends wait, and one more is refused.
                let blocker = try await gateway.blocker()
                let check: @Sendable () async throws -> Answer = {
                    try await gateway.post("/v1/credits/check", ["product": .string("punchout")], token: customer.token)
                }
                try await withThrowingTaskGroup(of: Answer.self) { group in
                    group.addTask(operation: check)
                    try await blocker.waitUntilItBlocks()
                    group.addTask(operation: check)
                    while gateway.platform.writer.mailbox.depth < 1 { try await Task.sleep(for: .milliseconds(5)) }
                    for (path, token) in [
                        ("/v1/audit/events?type=credit.granted\(form)", user),
                        ("/v1/audit/events?tenant_id=\(customer.id)\(form)", auditor),
                        ("/v1/credits/balance?product=punchout&tenant_id=\(customer.id)", auditor),
                        ("/v1/credits/statement?product=punchout&tenant_id=\(customer.id)", auditor),
                        ("/v1/captures?product=punchout&tenant_id=\(customer.id)", auditor),
                    ] {
                        let answer = try await gateway.get(path, token: token)
                        expect(answer, is: 503)
                        #expect(!answer.text.contains("com.zentriq"))
                    }
                    try await blocker.script("COMMIT")
                    for try await answer in group { #expect(answer.status == 200) }
                }
                await blocker.close()
            }
        }
    }
}
