import AsyncHTTPClient
import Foundation
import NIOHTTP1
import Outbound

/// One address a key set is published at.
struct RemoteKeyDocument: Sendable {
    private enum Failure: Error {
        case status(UInt)
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
    func fetch() async throws -> KeySet {
        let body = try await Outbound.withBoundedClient(timeout: timeout) { [url] client in
            let response = try await client.ask(HTTPClientRequest(url: url))
            guard response.status == .ok else { throw Failure.status(response.status.code) }
            return try await response.bytes(upTo: IdentityLimits.keySetBytes)
        }
        return try await KeySet(jwks: body)
    }
}

/// The address of a key set is neither `https` nor on this machine.
package struct KeyAddressError: Error {}
