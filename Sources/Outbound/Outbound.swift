package import AsyncHTTPClient
import NIOCore
package import NIOSSL

/// Calls to others over HTTP: each bounded in time, with a client of its own. There are few, so nothing is left to be shut
/// down, and no connection is shared between those whom they are made for.
package enum Outbound {
    /// The time was over.
    package struct TimedOut: Error {}

    /// Gives `work` a client that follows no redirects, decompresses nothing and speaks HTTP/1.1.
    ///
    /// - Parameters:
    ///   - timeout: from the connection to the end of the answer. A client's own deadline would end with the head of it,
    ///     and a body that trickles must not outlive ours.
    ///   - tls: nil for the authorities of the system.
    /// - Throws: ``TimedOut``, and whatever `work` throws.
    package static func withBoundedClient<Value: Sendable>(
        timeout: Duration, tls: TLSConfiguration? = nil,
        _ work: @escaping @Sendable (HTTPClient) async throws -> Value
    ) async throws -> Value {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        if let tls { configuration.tlsConfiguration = tls }
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            try await withThrowingTaskGroup(of: Value.self) { group in
                group.addTask { try await work(client) }
                group.addTask {
                    try await Task.sleep(for: timeout)
                    throw TimedOut()
                }
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw TimedOut() }
                return first
            }
        }
    }
}

extension HTTPClient {
    /// Asks once. The time is bounded by ``Outbound/withBoundedClient(timeout:tls:_:)``.
    package func ask(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        try await execute(request, deadline: .distantFuture)
    }
}

extension HTTPClientResponse {
    /// The body.
    ///
    /// - Throws: `NIOTooManyBytesError` if it is longer.
    package func bytes(upTo maximum: Int) async throws -> [UInt8] {
        Array(try await body.collect(upTo: maximum).readableBytesView)
    }
}
