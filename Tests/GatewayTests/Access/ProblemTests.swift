import CanonicalJSON
import Edge
import Foundation
import HTTPTypes
import LogTesting
import Testing

extension GatewayEntryTests {
    @Suite("Problems and request identifiers", .gateway)
    struct ProblemTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        @Test("a problem says what, where and under which identifier")
        func document() async throws {
            let customer = try await gateway.customer()
            let id = UUID().uuidString.lowercased()
            let answer = try await gateway.post(
                "/v1/credits/check", ["product": .string("other"), "extra": .integer(1)], token: customer.token,
                headers: [.requestID: id])
            #expect(answer.status == 422)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(
                answer.text == """
                    {"errors":[{"detail":"must be one of punchout, agent","pointer":"/product"},\
                    {"detail":"undeclared field","pointer":"/extra"}],"request_id":"\(id)","status":422,\
                    "title":"The request does not validate","type":"https://zentriqsoftware.com/problems/validation"}
                    """)
        }

        @Test("a UUID of the client's is taken over, in lower case")
        func requestID() async throws {
            let id = UUID().uuidString
            for path in ["/livez", "/unknown", "/v1/captures"] {
                let answer = try await gateway.get(path, headers: [.requestID: id])
                #expect(answer.headers[.requestID] == id.lowercased())
                if answer.status >= 400 { #expect(answer["request_id"] == id.lowercased()) }
            }
            #expect(gateway.logs.lines.contains { $0.contains(id.lowercased()) })
        }

        @Test(
            "anything else is replaced",
            arguments: [
                "", "1", "ordered-a-drill", "{6f1c7a86-3a4e-4d8f-9a51-0c2a3b4c5d6e}", "a, b",
                "6f1c7a863a4e4d8f9a510c2a3b4c5d6e", "6f1c7a86-3a4e-4d8f-9a51-0c2a3b4c5d6e ; x",
            ])
        func replaced(value: String) async throws {
            let answer = try await gateway.get("/livez", headers: [.requestID: value])
            let id = try #require(answer.headers[.requestID])
            #expect(CanonicalUUID.isCanonical(id))
            #expect(id != value)
            if !value.isEmpty, value != "1" { #expect(!gateway.logs.lines.contains { $0.contains(value) }) }
        }

        @Test("two identifiers are none")
        func twoIdentifiers() async throws {
            var headers: HTTPFields = [:]
            let ids = [UUID().uuidString.lowercased(), UUID().uuidString.lowercased()]
            for id in ids { headers.append(HTTPField(name: .requestID, value: id)) }
            let answer = try await gateway.get("/livez", headers: headers)
            #expect(!ids.contains(answer.headers[.requestID] ?? ""))
        }
    }
}
