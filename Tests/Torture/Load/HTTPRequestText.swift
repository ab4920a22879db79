import CreditDomain
import EventStore
import Foundation
import TortureHistory

/// A wish as an HTTP request.
struct HTTPRequestText: Sendable {
    let method: String
    let path: String
    let headers: [(String, String)]
    let body: String?

    init(_ wish: Wish, id: UUID, token: String) {
        let product = wish.account.product.rawValue
        let tenant = wish.account.tenant.rawValue.lowercaseText
        var headers = [("Authorization", "Bearer \(token)"), ("X-Request-ID", id.lowercaseText)]
        // A wish keeps its key however often it is asked for.
        let key = ("Idempotency-Key", "wish-\(tenant)-\(wish.number)")
        switch wish.kind {
        case .capture(let capture, let hold, let paid):
            (method, path) = ("POST", "/v1/captures")
            let hold = hold.map { ",\"hold_id\":\"\($0)\"" } ?? ""
            body = """
                {"capture_id":"\(capture.lowercaseText)","product":"\(product)","vendor_host":"www.galaxus.ch",\
                "line_count":3,"captured_at":"\(Self.capturedAt(wish))","outcome":"\(paid ? "success" : "failure")"\(hold)}
                """
        case .check(let units):
            (method, path, body) = ("POST", "/v1/credits/check", "{\"product\":\"\(product)\",\"units\":\(units)}")
        case .hold(let units):
            (method, path) = ("POST", "/v1/holds")
            body = "{\"product\":\"\(product)\",\"units\":\(units),\"ttl_seconds\":3600}"
            headers.append(key)
        case .voidHold(let hold):
            (method, path, body) = ("POST", "/v1/holds/\(hold)/void", nil)
            headers.append(key)
        case .grant(let units, let reference):
            (method, path) = ("POST", "/v1/grants")
            body = """
                {"tenant_id":"\(tenant)","product":"\(product)","units":\(units),"source":"purchase",\
                "reference":"\(reference)"}
                """
            headers.append(key)
        case .refund(let capture):
            (method, path) = ("POST", "/v1/debits/\(capture.lowercaseText)/refund")
            body = "{\"tenant_id\":\"\(tenant)\"}"
            headers.append(key)
        case .read:
            (method, path, body) = ("GET", "/v1/credits/balance?product=\(product)", nil)
        }
        if body != nil { headers.append(("Content-Type", "application/json")) }
        self.headers = headers
    }

    /// The same for every try of a wish: the time the harness began, and a second for each wish, so that no two are
    /// alike.
    private static func capturedAt(_ wish: Wish) -> String {
        start.adding(seconds: Int64(wish.number % 200) - 300).text
    }

    private static let start = WallClock.system.now()

    /// As bytes for a socket.
    func bytes(port: Int) -> [UInt8] {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        text += "Content-Length: \(body?.utf8.count ?? 0)\r\n\r\n" + (body ?? "")
        return Array(text.utf8)
    }
}
