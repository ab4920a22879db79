import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1

/// Sends requests over HTTP to a port of this machine.
struct SocketClient: Sendable {
    static let patience = TimeAmount.seconds(120)
    static let maximumAnswerBytes = 16 << 20
    static let maximumConnections = 256

    let port: Int
    private let client: HTTPClient

    static func with<Value>(port: Int, _ body: (SocketClient) async throws -> Value) async throws -> Value {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(60)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = maximumConnections
        let client = HTTPClient(configuration: configuration)
        let result: Result<Value, any Error>
        do { result = .success(try await body(SocketClient(port: port, client: client))) } catch {
            result = .failure(error)
        }
        try await client.shutdown()
        return try result.get()
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields, _ body: [UInt8]?
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .RAW(value: method.rawValue)
        for field in headers { request.headers.add(name: field.name.rawName, value: field.value) }
        if let body { request.body = .bytes(body) }
        let response = try await client.execute(request, timeout: Self.patience)
        let buffer = try await response.body.collect(upTo: Self.maximumAnswerBytes)
        var fields = HTTPFields()
        for (name, value) in response.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return Answer(status: Int(response.status.code), headers: fields, body: Array(buffer.readableBytesView))
    }
}
