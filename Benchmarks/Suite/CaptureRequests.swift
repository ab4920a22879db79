import Foundation

/// Requests that record a capture, each with an identifier of its own, by a random account.
struct CaptureRequests {
    private let heads: [[UInt8]]
    private let time: String

    init(tokens: [String]) {
        time = ISO8601DateFormatter().string(from: Date())
        let length = Self.body(id: UUID(), time: time).utf8.count
        heads = tokens.map { token in
            Array(
                """
                POST /v1/captures HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n\
                Content-Type: application/json\r\nContent-Length: \(length)\r\n\r\n
                """.utf8)
        }
    }

    func make(using random: inout some RandomNumberGenerator) -> [UInt8] {
        let head = heads[Int.random(in: heads.indices, using: &random)]
        return head + Self.body(id: UUID(), time: time).utf8
    }

    private static func body(id: UUID, time: String) -> String {
        #"{"capture_id":"\#(id.uuidString.lowercased())","product":"punchout","vendor_host":"www.galaxus.ch","#
            + #""line_count":3,"captured_at":"\#(time)","outcome":"success"}"#
    }
}
