import NIOHTTP1

/// What a request's head must satisfy before anything acts on it: two readers of the same bytes, such as a proxy in
/// front and this server, must not see different requests (RFC 9112 sections 3 and 6, request smuggling).
enum RequestHeadRules {
    /// The problem with `head`, or nil. The parser has checked the grammar already.
    static func problem(with head: HTTPRequestHead) -> ProblemDetails? {
        targetFault(head) ?? hostFault(head) ?? framingFault(head) ?? fieldFault(head) ?? expectationFault(head)
    }

    private static func targetFault(_ head: HTTPRequestHead) -> ProblemDetails? {
        // Origin form; absolute form as RFC 9112 section 3.2.2 demands; asterisk form. CONNECT's form is none of them.
        let target = head.uri.utf8
        let isKnownForm =
            target.first == UInt8(ascii: "/") || head.uri.hasPrefix("http://") || head.uri.hasPrefix("https://")
            || (head.method == .OPTIONS && head.uri == "*")
        let isVisible = target.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }
        return isKnownForm && isVisible ? nil : refusal("The request target is not valid.")
    }

    private static func hostFault(_ head: HTTPRequestHead) -> ProblemDetails? {
        let hosts = head.headers["host"]
        guard hosts.count == 1 || (hosts.isEmpty && head.version == .http1_0) else {
            return refusal("Exactly one Host header is required.")
        }
        let isHost = hosts.allSatisfy { host in
            host.utf8.allSatisfy { (0x21...0x7E).contains($0) && !",/@?#\\".utf8.contains($0) }
        }
        return isHost ? nil : refusal("The Host header is not valid.")
    }

    private static func framingFault(_ head: HTTPRequestHead) -> ProblemDetails? {
        let lengths = head.headers["content-length"]
        let codings = head.headers["transfer-encoding"]
        guard !codings.isEmpty else {
            return lengths.count <= 1 ? nil : refusal("Several Content-Length headers were sent.")
        }
        guard lengths.isEmpty else { return refusal("Content-Length and Transfer-Encoding exclude each other.") }
        guard head.version == .http1_1, codings.count == 1, codings[0].lowercased() == "chunked" else {
            return refusal("The only supported transfer coding is chunked.")
        }
        return nil
    }

    private static func fieldFault(_ head: HTTPRequestHead) -> ProblemDetails? {
        for (_, value) in head.headers {
            for byte in value.utf8 where byte < 0x20 && byte != 0x09 || byte == 0x7F {
                return refusal("A header has a control character.")
            }
        }
        return nil
    }

    private static func expectationFault(_ head: HTTPRequestHead) -> ProblemDetails? {
        let expectations = head.headers["expect"]
        return expectations.allSatisfy { $0.lowercased() == "100-continue" } ? nil : ProblemDetails(.expectationFailed)
    }

    private static func refusal(_ detail: String) -> ProblemDetails {
        ProblemDetails(.malformedRequest, detail: detail)
    }
}
