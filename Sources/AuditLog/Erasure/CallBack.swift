import AsyncHTTPClient
package import EventStore
import NIOCore
import NIOHTTP1

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
    package let address: CallBackAddress
    private let secret: CallBackSecret
    private let clock: WallClock
    private let timeout: Duration

    /// - Parameter clock: that of the world outside, which signatures are made and judged with.
    package init(
        name: String, action: CallBackAction, address: CallBackAddress, secret: CallBackSecret,
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
    ///
    /// A client per call: there are few, and nothing is left to be shut down.
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
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        do {
            return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                try await withTimeout { try await send(message, client) }
            }
        } catch let error as CallBackFailure {
            throw error
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
        let response = try await client.execute(request, deadline: .distantFuture)
        guard response.status == .ok else { throw CallBackFailure.status(response.status.code) }
        let body = try await response.body.collect(upTo: Self.maximumReceiptByteCount)
        return (response.headers[SignedMessage.headerName], Array(body.readableBytesView))
    }

    /// The client's own deadline would end with the head of the answer; a body that trickles must not outlive it.
    private func withTimeout<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask(operation: work)
            group.addTask {
                try await Task.sleep(for: timeout)
                throw CallBackFailure.timeout
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CallBackFailure.timeout }
            return first
        }
    }
}
