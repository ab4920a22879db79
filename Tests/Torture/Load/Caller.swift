import AsyncHTTPClient
import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import TortureHistory

/// Asks for a wish once, and writes down what was asked and heard.
struct Caller: Sendable {
    /// Longer than any fault lasts: who gives up doesn't know.
    static let patience = TimeAmount.seconds(20)

    let http: HTTPClient
    let recorder: Recorder
    let tokens: [Account: String]
    let billing: String

    @discardableResult
    func ask(_ wish: Wish, at gateway: Gateway) async -> Answer {
        let id = UUID()
        let request = HTTPRequestText(wish, id: id, token: token(wish))
        let invoked = Self.now
        let answer = await answer(to: request, at: gateway, isRead: wish.kind == .read)
        recorder.add(Attempt(wish: wish.number, request: id, invoked: invoked, answered: Self.now, answer: answer))
        return answer
    }

    func token(_ wish: Wish) -> String {
        switch wish.kind {
        case .grant, .refund: billing
        default: tokens[wish.account] ?? ""
        }
    }

    static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    private func answer(to text: HTTPRequestText, at gateway: Gateway, isRead: Bool) async -> Answer {
        var request = HTTPClientRequest(url: gateway.url + text.path)
        request.method = HTTPMethod(rawValue: text.method)
        request.headers = HTTPHeaders(text.headers)
        if let body = text.body { request.body = .bytes(ByteBuffer(string: body)) }
        do {
            let response = try await http.execute(request, deadline: .now() + Self.patience)
            let body = try await response.body.collect(upTo: 1 << 20)
            return AnswerParser.answer(
                status: Int(response.status.code), isReplay: response.headers["Idempotency-Replayed"].first == "true",
                body: Array(body.readableBytesView), isRead: isRead)
        } catch {
            return Self.neverSent(error)
                ? .refused(Answer.Refusal(status: 0, problem: "not connected")) : .unknown("\(error)")
        }
    }

    /// Whether the request certainly did not leave.
    private static func neverSent(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError {
            return error == .connectTimeout || error == .getConnectionFromPoolTimeout
        }
        if let error = error as? IOError { return error.errnoCode == ECONNREFUSED }
        return error is NIOConnectionError
    }
}
