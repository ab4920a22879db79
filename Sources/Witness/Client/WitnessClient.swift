import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Outbound
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
        guard let checked = OutboundAddress(url, development: true) else { throw .invalidAddress }
        if let authorities {
            guard let trusted = try? NIOSSLCertificate.fromPEMFile(authorities), !trusted.isEmpty else {
                throw .invalidAuthorities(authorities)
            }
            self.trusted = trusted
        } else {
            trusted = nil
        }
        address = (url.hasSuffix("/") ? String(checked.url.dropLast()) : checked.url) + "/add-checkpoint"
    }

    /// Follows no redirects, and is bounded in bytes and in time.
    package func add(_ request: AddCheckpointRequest) async throws(WitnessClientError) -> Answer {
        var tls: TLSConfiguration?
        if let trusted {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(trusted)
            tls = configuration
        }
        let body = request.encoded()
        do {
            return try await Outbound.withBoundedClient(timeout: .seconds(Self.timeoutSeconds), tls: tls) { client in
                try await Self.post(body, to: address, client)
            }
        } catch let error as WitnessClientError {
            throw error
        } catch is Outbound.TimedOut {
            throw .timeout
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
        let response = try await client.ask(request)
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
