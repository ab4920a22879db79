import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
package import TransparencyLog

/// Asks one witness for cosignatures, c2sp.org/tlog-witness. What it answers is still to be verified.
package struct WitnessClient: Sendable {
    /// For one call, from the connection to the end of the answer.
    package static let timeoutSeconds: Int64 = 20
    /// Of an answer that says no: its body is read so far, and thrown away.
    private static let maximumRefusalByteCount = 64 * 1_024

    package enum Answer: Sendable, Equatable {
        case cosigned(CosignatureLines)
        /// The witness cosigned a tree of this size last.
        case otherSize(UInt64)
        case refused(status: UInt)
    }

    private let address: String
    private let trusted: [NIOSSLCertificate]?

    /// - Parameters:
    ///   - url: the submission prefix: `https`, or `http` to this machine.
    ///   - authorities: a file with the certificates (PEM) of the only authorities that are trusted; those of the system,
    ///     if there is none.
    package init(url: String, authorities: String? = nil) throws(WitnessClientError) {
        guard let parsed = URL(string: url), let host = parsed.host(), !host.isEmpty, parsed.query() == nil,
            parsed.fragment() == nil, parsed.user() == nil,
            parsed.scheme == "https" || (parsed.scheme == "http" && ["127.0.0.1", "localhost", "::1"].contains(host))
        else { throw .invalidAddress }
        if let authorities {
            guard let trusted = try? NIOSSLCertificate.fromPEMFile(authorities), !trusted.isEmpty else {
                throw .invalidAuthorities(authorities)
            }
            self.trusted = trusted
        } else {
            trusted = nil
        }
        address = (url.hasSuffix("/") ? String(url.dropLast()) : url) + "/add-checkpoint"
    }

    /// Follows no redirects, and is bounded in bytes and in time.
    ///
    /// A client per call: there are few, and nothing is left to be shut down.
    package func add(_ request: AddCheckpointRequest) async throws(WitnessClientError) -> Answer {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        if let trusted {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(trusted)
            configuration.tlsConfiguration = tls
        }
        let body = request.encoded()
        do {
            return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                try await Self.withTimeout { try await Self.post(body, to: address, client) }
            }
        } catch let error as WitnessClientError {
            throw error
        } catch is NIOTooManyBytesError {
            throw .malformedAnswer
        } catch {
            throw .unreachable("\(error)".split(separator: "\n").first.map(String.init) ?? "\(type(of: error))")
        }
    }

    private static func post(_ body: [UInt8], to address: String, _ client: HTTPClient) async throws -> Answer {
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
        request.body = .bytes(body)
        let response = try await client.execute(request, timeout: .seconds(timeoutSeconds))
        switch response.status {
        case .ok:
            let body = try await response.body.collect(upTo: CosignatureLines.maximumByteCount)
            guard let lines = try? CosignatureLines(parsing: body.readableBytesView) else {
                throw WitnessClientError.malformedAnswer
            }
            return .cosigned(lines)
        case .conflict where mediaType(of: response) == LatestSize.mediaType:
            let body = try await response.body.collect(upTo: LatestSize.maximumByteCount)
            guard let size = LatestSize(parsing: body.readableBytesView) else {
                throw WitnessClientError.malformedAnswer
            }
            return .otherSize(size.value)
        default:
            _ = try? await response.body.collect(upTo: maximumRefusalByteCount)
            return .refused(status: response.status.code)
        }
    }

    private static func mediaType(of response: HTTPClientResponse) -> String? {
        response.headers.first(name: "Content-Type")?.split(separator: ";").first?.lowercased()
    }

    /// The client's own deadline ends with the response head; a body that trickles must not outlive ours.
    private static func withTimeout(_ work: @escaping @Sendable () async throws -> Answer) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask(operation: work)
            group.addTask {
                try await Task.sleep(for: .seconds(timeoutSeconds))
                throw WitnessClientError.timeout
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw WitnessClientError.timeout }
            return first
        }
    }
}

/// Why there is no answer of the witness.
package enum WitnessClientError: Error, Equatable, CustomStringConvertible {
    case invalidAddress
    case invalidAuthorities(String)
    case unreachable(String)
    case timeout
    case malformedAnswer

    package var description: String {
        switch self {
        case .invalidAddress: "a witness's address is an https URL, or http on this machine, without query"
        case .invalidAuthorities(let path): "\(path) is no readable file of certificates in PEM"
        case .unreachable(let reason): "the witness can't be reached: \(reason)"
        case .timeout: "the witness did not answer within \(WitnessClient.timeoutSeconds) s"
        case .malformedAnswer: "the witness's answer is not what c2sp.org/tlog-witness says"
        }
    }
}
