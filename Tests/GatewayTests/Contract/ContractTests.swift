import CanonicalJSON
import Edge
import Foundation
import HTTPTypes
import Hummingbird
import Testing

@testable import Gateway

/// What the published document promises about itself. That the answers are what it says, every test of the gateway
/// checks with every request.
@Suite("The published document")
struct ContractTests {
    private let contract: Contract

    init() throws {
        contract = try Contract()
    }

    private func schema(_ name: String) -> JSONObject? {
        contract.resolved(.object(["$ref": .string("#/components/schemas/\(name)")]))
    }

    @Test("names every kind of problem there is, and no other")
    func problems() {
        let types = schema("Problem")?["properties"]?.objectValue?["type"]?.objectValue?["enum"]?.arrayValue
        #expect(types?.compactMap(\.stringValue) == ProblemKind.allCases.map(\.type))
    }

    @Test("says of every operation who may call it, and what is answered to whom may not")
    func security() {
        for (route, operation) in contract.operations where route.contains("/v1/") {
            let schemes = operation["security"]?.arrayValue ?? []
            #expect(!schemes.isEmpty, "\(route)")
            for status in ["401", "403", "422", "429", "500", "503"] {
                #expect(operation["responses"]?.objectValue?[status] != nil, "\(route) \(status)")
            }
        }
    }

    @Test("closes every object that a request or an answer holds")
    func closed() {
        for object in objects(in: .object(contract.document)) {
            #expect(object["additionalProperties"] != nil, "\(JSONValue.object(object))")
        }
        for (route, operation) in contract.operations where operation["requestBody"] != nil {
            #expect(bodySchema(operation)?["additionalProperties"] == .bool(false), "\(route)")
        }
    }

    @Test("has no text without a form on the way of a capture (PUNCH-02)")
    func noFreeText() throws {
        let operation = try #require(contract.operations.first { $0.route == "POST /v1/captures" }?.operation)
        let body = try #require(bodySchema(operation)?["properties"]?.objectValue)
        let parameters = operation["parameters"]?.arrayValue ?? []
        let schemas = body.members.map(\.value) + parameters.compactMap { contract.resolved($0)?["schema"] }
        #expect(
            Set(body.members.map(\.name)) == [
                "capture_id", "product", "vendor_host", "line_count", "captured_at", "outcome", "hold_id",
            ])
        for schema in schemas.compactMap(contract.resolved) where schema["type"] == .string("string") {
            #expect(schema["enum"] != nil || schema["pattern"] != nil, "\(JSONValue.object(schema))")
        }
    }

    @Test("uses no keyword of JSON Schema that these tests do not check")
    func keywords() {
        let schemas = contract.document["components"]?.objectValue?["schemas"]?.objectValue?.members.map(\.value) ?? []
        #expect(schemas.count > 20)
        for schema in schemas.compactMap(\.objectValue) {
            #expect(SchemaCheck.keywords.isSuperset(of: schema.members.map(\.name)), "\(JSONValue.object(schema))")
        }
    }

    private func bodySchema(_ operation: JSONObject) -> JSONObject? {
        let content = operation["requestBody"]?.objectValue?["content"]?.objectValue
        return contract.resolved(content?["application/json"]?.objectValue?["schema"])
    }

    /// Every schema of an object that names properties.
    private func objects(in value: JSONValue) -> [JSONObject] {
        switch value {
        case .object(let object):
            let inner = object.members.flatMap { objects(in: $0.value) }
            return object["type"] == .string("object") && object["properties"] != nil ? inner + [object] : inner
        case .array(let elements): return elements.flatMap(objects)
        default: return []
        }
    }
}

extension GatewayTests {
    @Suite("The published document and the service", .gateway)
    struct ContractAndServiceTests {
        private let gateway: TestGateway

        init() throws {
            gateway = try TestGateway.shared
        }

        @Test("every route stands in the document, and nothing else")
        func routes() throws {
            let router = GatewayRouter.make(
                gateway.platform,
                GatewayRouter.Configuration(
                    identity: gateway.identity.configuration, schemaDirectory: TestGateway.schemaDirectory),
                keys: gateway.identity.keys)
            let routes = router.routes.filter { $0.method != .head }.map { "\($0.method) \($0.path)" }
            let tiles = "GET /log/**"  // described by C2SP tlog-tiles
            #expect(Set(routes) == Set(gateway.contract.operations.map(\.route)).union([tiles]))
        }

        @Test("is served as it is")
        func served() async throws {
            let answer = try await gateway.get("/openapi.json")
            #expect(answer.status == 200)
            #expect(answer.object == gateway.contract.document)
        }

        @Test("a documented body is what the route reads", arguments: Endpoint.commands)
        func bodies(endpoint: Endpoint) async throws {
            let customer = try await gateway.customer(credits: 10)
            let call = try await endpoint.call(for: customer, at: gateway)
            let operation = try #require(
                gateway.contract.operations.first { $0.operation["operationId"] == .string(endpoint.operationID) })
            let content = operation.operation["requestBody"]?.objectValue?["content"]?.objectValue
            let schema = try #require(
                gateway.contract.resolved(content?["application/json"]?.objectValue?["schema"]))
            let names = try #require(schema["properties"]?.objectValue).members.map(\.name)
            let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let token = try await endpoint.token(for: customer, at: gateway)

            guard !names.isEmpty else { return }
            let empty = try await gateway.post(call.path, [:], token: token)
            #expect(Set(empty.pointers) == Set(required.map { "/\($0)" }))
            let nulls = JSONObject(names.map { ($0, JSONValue.null) })
            let wrong = try await gateway.post(call.path, nulls, token: token)
            #expect(Set(wrong.pointers) == Set(names.map { "/\($0)" }))
            #expect(!wrong.text.contains("undeclared"))
        }
    }
}
