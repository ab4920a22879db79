import CanonicalJSON
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import Edge

/// A problem document as a client reads it.
struct ProblemDocument {
    let object: JSONObject
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        object = try #require(try JSONParser.parse(bytes).objectValue)
    }

    init(_ response: TestResponse) throws {
        #expect(response.headers[.contentType] == "application/problem+json")
        try self.init(Array(response.body.readableBytesView))
        #expect(status == Int64(response.status.code))
        #expect(requestID == response.headers[.requestID])
    }

    var slug: String? { object["type"]?.stringValue?.split(separator: "/").last.map(String.init) }
    var status: Int64? { object["status"]?.integerValue }
    var detail: String? { object["detail"]?.stringValue }
    var requestID: String? { object["request_id"]?.stringValue }

    /// `pointer: detail` of each error.
    var errors: [String] {
        (object["errors"]?.arrayValue ?? []).map { error in
            let member = error.objectValue
            return "\(member?["pointer"]?.stringValue ?? "nil"): \(member?["detail"]?.stringValue ?? "nil")"
        }
    }
}
