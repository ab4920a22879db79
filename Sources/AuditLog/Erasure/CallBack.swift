import AsyncHTTPClient
package import EventStore
import NIOCore
import NIOHTTP1
package import Outbound

/// A receiver outside of this service that has something to do when a person or a tenant is erased: a store that holds
/// conversations, or the back end that cancels subscriptions. docs/ERASURE-CALLBACKS.md has the bytes.
package struct CallBack: Sendable {
    package static let maximumNameByteCount = 32
    package static let maximumReceiptByteCount = 64 * 1_024
    /// For one call, from the connection to the end of the answer.
    package static let timeoutSeconds: Int64 = 10
    /// Of the reason in ``CallBackFailure/unreachable(_:)``.
    private static let maximumReasonLength = 200

    /// Unique; the receiver's receipts say it.
    package let name: String
    package let action: CallBackAction
    package let address: OutboundAddress
    private let secret: CallBackSecret
    private let clock: WallClock
    private let timeout: Duration

    /// - Parameter clock: that of the world outside, which signatures are made and judged with.
    package init(
        name: String, action: CallBackAction, address: OutboundAddress, secret: CallBackSecret,
        clock: WallClock = .system, timeout: Duration = .seconds(Self.timeoutSeconds)
    ) {
        self.name = name
        self.action = action
        self.address = address
        self.secret = secret
        self.clock = clock
        self.timeout = timeout
    }

    /// Whether `name` can be one: lower-case ASCII letters, digits and hyphens, at most 32.
    package static func isName(_ name: String) -> Bool {
        (1...maximumNameByteCount).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    /// Asks once, and returns the receipt. To be repeated until it does: the receiver knows the request by its key.
    package func ask(_ request: CallBackRequest) async throws(CallBackFailure) -> CallBackReceipt {
        let message = request.message(to: action)
        let (signatures, body) = try await post(message)
        do {
            try SignedMessage(idempotencyKey: message.idempotencyKey, body: body)
                .verify(signatures, at: clock.now(), with: secret)
        } catch {
            throw .notSigned(error)
        }
        return try CallBackReceipt(body, of: request.id, by: name)
    }

    private func post(_ message: SignedMessage) async throws(CallBackFailure) -> (signatures: [String], body: [UInt8]) {
        do {
            return try await Outbound.withBoundedClient(timeout: timeout) { try await send(message, $0) }
        } catch let error as CallBackFailure {
            throw error
        } catch is Outbound.TimedOut {
            throw .timeout
        } catch is NIOTooManyBytesError {
            throw .answerTooLarge
        } catch is CancellationError {
            throw .cancelled
        } catch let error as HTTPClientError where error == .cancelled {
            throw .cancelled
        } catch {
            throw .unreachable(
                String("\(error)".split(separator: "\n").first?.prefix(Self.maximumReasonLength) ?? "no reason"))
        }
    }

    private func send(
        _ message: SignedMessage, _ client: HTTPClient
    ) async throws -> (signatures: [String], body: [UInt8]) {
        var request = HTTPClientRequest(url: address.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Idempotency-Key", value: message.idempotencyKey)
        request.headers.add(
            name: SignedMessage.headerName, value: message.signature(at: clock.now(), with: secret))
        request.body = .bytes(message.body)
        let response = try await client.ask(request)
        guard response.status == .ok else { throw CallBackFailure.status(response.status.code) }
        return (
            response.headers[SignedMessage.headerName],
            try await response.bytes(upTo: Self.maximumReceiptByteCount)
        )
    }
}
