import CanonicalJSON
import Edge
import Foundation
import HTTPTypes
import Postgres
import PostgresTesting
import Testing

extension GatewayTests {
    @Suite("Events for auditors and users", .gateway)
    struct AuditEventsTests {
        private let gateway: TestGateway
        private static let path = "/v1/audit/events"

        init() throws {
            gateway = try TestGateway.shared
        }

        /// A customer with a grant, a debited capture and an open hold.
        private func customer() async throws -> Customer {
            let customer = try await gateway.customer(credits: 9)
            _ = try await gateway.debited(customer)
            _ = try await gateway.held(customer)
            return customer
        }

        private func types(_ answer: Answer) -> [String] {
            answer.items.compactMap { $0["type"]?.stringValue?.replacing("com.zentriq.", with: "") }
        }

        private static let story = [
            "tenant.registered.v1", "subject.registered.v1", "credit.granted.v1", "credit.debited.v1",
            "capture.recorded.v1", "credit.held.v1",
        ]

        @Test("a user with the scope sees every event of the own tenant, oldest first, as CloudEvents")
        func own() async throws {
            let customer = try await customer()
            let answer = try await gateway.get(Self.path, token: gateway.auditToken(of: customer))
            #expect(answer.status == 200)
            #expect(types(answer) == Self.story)
            #expect(answer.object?["next_cursor"] == .null)
            #expect(answer.items.allSatisfy { $0["tenant"] == .string(customer.id) })
            let positions = answer.items.compactMap { $0["position"]?.stringValue.flatMap { Int64($0) } }
            #expect(positions == positions.sorted() && Set(positions).count == Self.story.count)
            #expect(answer.items.allSatisfy { $0["source"] == .string("//log.zentriq.test/gateway") })
        }

        @Test("the read is an event, in the tenant that was read, before the answer; the next read shows it")
        func recorded() async throws {
            let customer = try await customer()
            let token = try await gateway.auditToken(of: customer)
            let head = try await gateway.logSize()
            let request = UUID().uuidString.lowercased()
            let first = try await gateway.expectAppended(1) {
                try await gateway.get(
                    "\(Self.path)?type=credit.granted&limit=7", token: token, headers: [.requestID: request])
            }
            #expect(types(first) == ["credit.granted.v1"])
            let second = try await gateway.get("\(Self.path)?type=audit.read", token: token)
            #expect(types(second) == ["audit.read.v1"])
            let read = try #require(second.items.first)
            #expect(read["subject"] == .string("audit"))
            #expect(read["retention"] == .string("access"))
            #expect(read["requestid"] == .string(request))
            var data = try #require(read["data"]?.objectValue)
            #expect(data["ocsf"]?.objectValue?["class_uid"] == .integer(6_003))
            data["ocsf"] = nil
            #expect(
                data == [
                    "filters": .object([
                        "limit": .string("7"), "tenant_id": .string(customer.id), "type": .string("credit.granted"),
                    ]), "from_position": .string("0"), "kind": .string("page"), "route": .string(Self.path),
                    "to_position": .string(String(head)),
                ])
        }

        @Test("an auditor's read across tenants is recorded in the operator's own tenant")
        func recordedByOperator() async throws {
            let token = try await gateway.identity.application("auditor")
            _ = try await gateway.expectAppended(1) { try await gateway.get("\(Self.path)?limit=1", token: token) }
            let operatorTenant = TestIdentity.operatorTenant.uuidString.lowercased()
            let reads = try await gateway.get("\(Self.path)?tenant_id=\(operatorTenant)&stream=audit", token: token)
            #expect(reads.items.last?["data"]?.objectValue?["filters"] == .object(["limit": .string("1")]))
        }

        @Test("what an auditor reads of an account is recorded in the account's tenant", arguments: Endpoint.reads)
        func accountReads(endpoint: Endpoint) async throws {
            let customer = try await customer()
            try await gateway.projectionsCaughtUp()
            let auditor = try await gateway.identity.application("auditor")
            let call = try await endpoint.call(for: customer, at: gateway)
            let answer = try await gateway.expectAppended(1) {
                try await gateway.get("\(call.path)&tenant_id=\(customer.id)", token: auditor)
            }
            #expect(answer.status == 200)
            _ = try await gateway.expectAppended(0) { try await gateway.get(call.path, token: customer.token) }
            let reads = try await gateway.get(
                "\(Self.path)?type=audit.read", token: gateway.auditToken(of: customer))
            let data = try #require(reads.items.last?["data"]?.objectValue)
            #expect(data["route"]?.stringValue == String(call.path.prefix { $0 != "?" }))
            #expect(data["filters"]?.objectValue?["product"] == .string("punchout"))
            #expect(data["from_position"] != nil && data["to_position"] != nil)
        }

        @Test("filters find what fits all of them")
        func filters() async throws {
            let customer = try await customer()
            let token = try await gateway.auditToken(of: customer)
            let whole = try await gateway.get(Self.path, token: token)
            let items = whole.items
            let handle = try #require(items.last?["actor"]?.stringValue)
            let positions = items.compactMap { $0["position"]?.stringValue }
            let subject = "subject-\(handle)"
            let cases: [(String, [Int])] = [
                ("stream=account-punchout", [2, 3, 5]), ("stream=account-agent", []), ("stream=tenant", [0]),
                ("stream=\(subject)", [1]), ("type=credit.debited", [3]), ("type=credit.checked", []),
                ("actor=\(handle)", [0, 1, 3, 4, 5]), ("actor=\(UUID().uuidString.lowercased())", []),
                ("actor=\(handle)&stream=account-punchout", [3, 5]),
                ("type=credit.held&stream=account-punchout", [5]), ("type=credit.held&stream=tenant", []),
                ("from_position=\(positions[3])", [3, 4, 5]), ("to_position=\(positions[3])", [0, 1, 2]),
                ("from_position=\(positions[2])&to_position=\(positions[4])", [2, 3]),
                ("from_position=\(positions[3])&to_position=\(positions[3])", []),
                ("from_position=\(positions[3])&stream=account-punchout", [3, 5]),
                ("from_position=9223372036854775807", []),
                ("to_position=9223372036854775807&type=tenant.registered", [0]),
            ]
            for (query, expected) in cases {
                let answer = try await gateway.get("\(Self.path)?\(query)&to=2999-01-01T00:00:00Z", token: token)
                let found = answer.items.filter { !($0["type"]?.stringValue?.contains("audit.read") ?? true) }
                #expect(found == expected.map { items[$0] }, "\(query)")
            }
        }

        @Test("times bound a query to the microsecond, the first inclusive, the last exclusive")
        func times() async throws {
            let customer = try await gateway.customer()
            let token = try await gateway.auditToken(of: customer)
            var times: [String] = []
            for units in 1...3 as ClosedRange<Int64> {
                gateway.clock.advance(seconds: 7)
                times.append(gateway.clock.text())
                _ = try await gateway.grant(TestGateway.grant(to: customer, units: units))
            }
            gateway.clock.advance(seconds: 7)
            func granted(_ query: String) async throws -> [String] {
                let answer = try await gateway.get("\(Self.path)?type=credit.granted&\(query)", token: token)
                return answer.items.compactMap { $0["data"]?.objectValue?["units"]?.stringValue }
            }
            #expect(try await granted("from=\(times[0])") == ["1", "2", "3"])
            #expect(try await granted("from=\(times[1])") == ["2", "3"])
            #expect(try await granted("to=\(times[1])") == ["1"])
            #expect(try await granted("from=\(times[1])&to=\(times[2])") == ["2"])
            #expect(try await granted("from=\(times[1])&to=\(times[1])") == [])
            #expect(try await granted("from=\(gateway.clock.text())") == [])
            #expect(try await granted("from=1970-01-01T00:00:00Z&stream=account-punchout") == ["1", "2", "3"])
            #expect(try await granted("from=\(times[2])&stream=account-punchout") == ["3"])
        }

        @Test(
            "pages follow one another without a gap or an overlap, and end where the log was at the first",
            arguments: ["", "&stream=account-punchout", "&type=credit.granted"], [1, 2, 3])
        func pages(filter: String, limit: Int) async throws {
            let customer = try await gateway.customer()
            for _ in 0..<5 { _ = try await gateway.grant(TestGateway.grant(to: customer, units: 1)) }
            let token = try await gateway.auditToken(of: customer)
            let whole = try await gateway.get("\(Self.path)?limit=1000\(filter)", token: token).items
            var pages: [[JSONObject]] = []
            var cursor: String?
            repeat {
                let suffix = cursor.map { "&cursor=\($0)" } ?? ""
                let page = try await gateway.get("\(Self.path)?limit=\(limit)\(filter)\(suffix)", token: token)
                try #require(page.status == 200)
                pages.append(page.items)
                cursor = page["next_cursor"]
            } while cursor != nil
            let known = filter.isEmpty ? whole.count + 1 : whole.count
            #expect(pages.flatMap(\.self).prefix(whole.count) == whole[...])
            #expect(pages.flatMap(\.self).count == known)
            #expect(pages.dropLast().allSatisfy { $0.count == limit })
        }

        @Test("TEN-01: a user sees nothing of another tenant, an auditor what is named")
        func isolation() async throws {
            let (own, other) = (try await customer(), try await customer())
            let token = try await gateway.auditToken(of: own)
            for query in ["", "?format=ndjson", "?stream=account-punchout", "?type=credit.granted"] {
                let answer = try await gateway.get(Self.path + query, token: token)
                #expect(answer.status == 200)
                #expect(!answer.text.contains(other.id))
                #expect(answer.text.contains(own.id))
            }
            let named = try await gateway.get("\(Self.path)?tenant_id=\(own.id)", token: token)
            expect(named, is: 422, "validation")
            #expect(named.pointers == ["?tenant_id"])
            let auditor = try await gateway.identity.application("auditor")
            let answer = try await gateway.get("\(Self.path)?tenant_id=\(other.id)", token: auditor)
            #expect(types(answer) == Self.story)
            #expect(!answer.text.contains(own.id))
            let all = try await gateway.get("\(Self.path)?limit=1000&type=tenant.registered", token: auditor)
            for tenant in [own.id, other.id] { #expect(all.text.contains(tenant)) }
        }

        @Test(
            "what is wrong with a query is said, and nothing recorded",
            arguments: [
                ("limit=0", "?limit"), ("limit=1001", "?limit"), ("limit=-1", "?limit"), ("limit=x", "?limit"),
                ("unknown=1", "?unknown"), ("product=punchout", "?product"), ("limit=1&limit=1", "?limit"),
                ("cursor=abc", "?cursor"), ("cursor=5", "?cursor"), ("cursor=-1-5", "?cursor"),
                ("cursor=01-5", "?cursor"), ("cursor=1-99999999999", "?cursor"), ("cursor=v1-1", "?cursor"),
                ("cursor=1-1-1", "?cursor"), ("cursor=1-1&stream=tenant", "?cursor"), ("cursor=", "?cursor"),
                ("from=yesterday", "?from"), ("to=2026-05-01", "?to"), ("from=", "?from"),
                ("from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z", "?to"),
                ("from_position=-1", "?from_position"), ("to_position=x", "?to_position"),
                ("from_position=2&to_position=1", "?to_position"),
                ("stream=", "?stream"), ("stream=Account", "?stream"), ("stream=nothing", "?stream"),
                ("stream=account-drill", "?stream"), ("stream=account-", "?stream"),
                ("stream=subject-A0000000-0000-4000-8000-000000000000", "?stream"),
                ("stream=\(String(repeating: "a", count: 101))", "?stream"), ("type=", "?type"),
                ("type=credit", "?type"), ("type=credit.stolen", "?type"), ("type=CREDIT.GRANTED", "?type"),
                ("actor=me", "?actor"), ("actor=A0000000-0000-4000-8000-000000000000", "?actor"),
                ("format=xml", "?format"), ("format=ndjson&limit=5", "?limit"), ("format=ndjson&cursor=0-0", "?cursor"),
            ])
        func wrong(query: String, pointer: String) async throws {
            let customer = try await gateway.customer()
            let token = try await gateway.auditToken(of: customer)
            let answer = try await gateway.expectAppended(0) {
                try await gateway.get("\(Self.path)?\(query)", token: token)
            }
            expect(answer, is: 422, "validation")
            #expect(answer.pointers == [pointer], "\(answer.text)")
        }

        @Test(
            "an auditor's tenant must be a UUID in lower case",
            arguments: ["", "all", "A0000000-0000-4000-8000-000000000000"])
        func wrongTenant(tenant: String) async throws {
            let token = try await gateway.identity.application("auditor")
            let answer = try await gateway.get("\(Self.path)?tenant_id=\(tenant)", token: token)
            expect(answer, is: 422, "validation")
            #expect(answer.pointers == ["?tenant_id"])
        }

        @Test("the limits themselves are right", arguments: ["limit=1", "limit=1000", "cursor=0-0", "cursor=0-1"])
        func limits(query: String) async throws {
            let customer = try await gateway.customer()
            let answer = try await gateway.get("\(Self.path)?\(query)", token: gateway.auditToken(of: customer))
            #expect(answer.status == 200, "\(answer.text)")
        }

        @Test("a stored payload that is no JSON is given as bytes, and a faulty row does not hide the others")
        func tampered() async throws {
            let customer = try await customer()
            try await gateway.connected(as: .superuser) { connection in
                try await connection.script(
                    """
                    SET session_replication_role = replica;
                    UPDATE zentriq.events SET data = E'{"a":1}\\n{' WHERE tenant_id = '\(customer.id)' AND type = 'credit.held'
                    """)
            }
            let answer = try await gateway.get(
                "\(Self.path)?format=ndjson&type=credit.held", token: gateway.auditToken(of: customer))
            #expect(answer.lines.first??["data_base64"] == .string(Data("{\"a\":1}\n{".utf8).base64EncodedString()))
            #expect(answer.lines.first??["datacontenttype"] == .string("application/octet-stream"))
            #expect(answer.lines.count == 2)
        }
    }
}
