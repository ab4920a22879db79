import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// One address a key set is published at.
struct RemoteKeyDocument: Sendable {
    private enum Failure: Error {
        case status(UInt)
        case timeout
    }

    private let url: String
    private let timeout: Duration

    /// - Parameter timeout: for a whole fetch.
    init(url: String, timeout: Duration) throws(KeyAddressError) {
        guard let parsed = URL(string: url), let host = parsed.host() else { throw KeyAddressError() }
        // In the clear only where nothing leaves the machine.
        guard parsed.scheme == "https" || (parsed.scheme == "http" && host == "127.0.0.1") else {
            throw KeyAddressError()
        }
        self.url = url
        self.timeout = timeout
    }

    /// Fetches and reads the set: 200 only, no redirects, bounded in bytes and in time.
    ///
    /// A client per fetch: there are a handful in a day, and nothing is left to be shut down.
    func fetch() async throws -> KeySet {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        let body = try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            try await withTimeout { try await keySet(from: client) }
        }
        return try await KeySet(jwks: body)
    }

    private func keySet(from client: HTTPClient) async throws -> [UInt8] {
        let response = try await client.execute(
            HTTPClientRequest(url: url), timeout: TimeAmount(timeout))
        guard response.status == .ok else { throw Failure.status(response.status.code) }
        let buffer = try await response.body.collect(upTo: IdentityLimits.keySetBytes)
        return Array(buffer.readableBytesView)
    }

    /// The client's own deadline ends with the response head; a body that trickles must not outlive ours.
    private func withTimeout(_ work: @escaping @Sendable () async throws -> [UInt8]) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask(operation: work)
            group.addTask {
                try await Task.sleep(for: timeout)
                throw Failure.timeout
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw Failure.timeout }
            return first
        }
    }
}

/// The address of a key set is neither `https` nor on this machine.
package struct KeyAddressError: Error {}
