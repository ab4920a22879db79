import AsyncHTTPClient
import EventStore
import Foundation
import NIOCore
import NIOHTTP1
import Outbound
package import SecretFiles

/// Gets access tokens for refresh tokens (RFC 6749, section 6), as a confidential client (section 2.3.1).
package struct IdentityProvider: Sendable {
    /// Of an answer.
    package static let maximumAnswerBytes = 64 * 1_024

    private let endpoint: TokenEndpoint
    private let client: String
    private let secret: SecretText

    package init(endpoint: TokenEndpoint, client: String, secret: SecretText) {
        self.endpoint = endpoint
        self.client = client
        self.secret = secret
    }

    /// The secret of a file that nobody else has a right to, without the line feed at its end.
    ///
    /// - Throws: `ENOENT` if there is none, ``SecretFileError/malformed`` if it is empty.
    package static func secret(file path: String) throws(SecretFileError) -> SecretText {
        guard let text = try SecretFile.read(path) else { throw .system(ENOENT) }
        let line = text.hasSuffix("\n") ? String(text.dropLast()) : text
        guard !line.isEmpty else { throw .malformed }
        return SecretText(line)
    }

    /// Asks once. After ``ProviderFailure/lost`` it is not known whether the token was renewed: the one before is to be
    /// sent again, which providers allow for just this reason.
    func refresh(
        _ token: SecretText, scopes: [String], of tenant: TenantID, timeout: Duration
    ) async throws(ProviderFailure) -> ProviderAnswer {
        let form = Form([
            ("client_id", client), ("client_secret", secret.reveal()), ("grant_type", "refresh_token"),
            ("refresh_token", token.reveal()), ("scope", scopes.joined(separator: " ")),
        ])
        let (status, body) = try await post(form, to: endpoint.url(of: tenant.rawValue), timeout)
        guard status == 200 else { throw ProviderFailure(status: status, body: body) }
        guard let answer = ProviderAnswer(body, scopes: scopes) else { throw .lost("malformed_answer") }
        return answer
    }

    private func post(
        _ form: Form, to url: String, _ timeout: Duration
    ) async throws(ProviderFailure) -> (status: UInt, body: [UInt8]) {
        do {
            return try await Outbound.withBoundedClient(timeout: timeout) { try await Self.send(form, to: url, $0) }
        } catch let failure as ProviderFailure {
            throw failure
        } catch is Outbound.TimedOut {
            throw .lost("timeout")
        } catch is NIOTooManyBytesError {
            throw .lost("answer_too_large")
        } catch {
            // Only its type: what an error says may be anything.
            throw .lost("\(type(of: error))")
        }
    }

    private static func send(_ form: Form, to url: String, _ client: HTTPClient) async throws -> (UInt, [UInt8]) {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.headers.add(name: "Accept", value: "application/json")
        request.body = .bytes(form.bytes)
        let response = try await client.ask(request)
        return (response.status.code, try await response.bytes(upTo: maximumAnswerBytes))
    }
}

/// `application/x-www-form-urlencoded`.
private struct Form {
    let bytes: [UInt8]

    init(_ fields: [(name: String, value: String)]) {
        bytes = Array(fields.map { "\($0.name)=\(Self.encoded($0.value))" }.joined(separator: "&").utf8)
    }

    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
