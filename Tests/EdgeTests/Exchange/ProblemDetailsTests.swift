import CanonicalJSON
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import Edge

@Suite("Problem details")
struct ProblemDetailsTests {
    @Test("every kind has an error status, a title and a name fit for a URI", arguments: ProblemKind.allCases)
    func kinds(kind: ProblemKind) {
        #expect((400...599).contains(kind.status.code))
        #expect(!kind.title.isEmpty && !kind.title.hasSuffix("."))
        #expect(kind.rawValue.utf8.allSatisfy { ("a"..."z").contains(Character(Unicode.Scalar($0))) || $0 == 0x2D })
        #expect(kind.type == "https://zentriqsoftware.com/problems/\(kind.rawValue)")
    }

    @Test("every status finds a kind of the same status, or the nearest general one")
    func statuses() {
        for kind in ProblemKind.allCases {
            #expect(ProblemKind(status: kind.status).status.code == kind.status.code)
        }
        #expect(ProblemKind(status: .init(code: 400)) == .malformedRequest)
        #expect(ProblemKind(status: .init(code: 403)) == .forbidden)
        #expect(ProblemKind(status: .init(code: 422)) == .validation)
        #expect(ProblemKind(status: .init(code: 503)) == .unavailable)
        #expect(ProblemKind(status: .init(code: 418)) == .malformedRequest)
        #expect(ProblemKind(status: .init(code: 500)) == .internal)
        #expect(ProblemKind(status: .init(code: 599)) == .internal)
        #expect(ProblemKind(status: .init(code: 200)) == .internal)
    }

    @Test("the document is canonical JSON, and the standard members win over extensions")
    func encoding() throws {
        let problem = ProblemDetails(
            .validation, detail: "Two faults.",
            errors: [
                .init(pointer: "/units", detail: "required"), .init(pointer: "/a~1b", detail: "undeclared field"),
            ],
            extensions: ["balance": .integer(3), "status": .integer(200), "z": .bool(true)])
        let expected =
            #"{"balance":3,"detail":"Two faults.","errors":[{"detail":"required","pointer":"/units"},"#
            + #"{"detail":"undeclared field","pointer":"/a~1b"}],"request_id":"r","status":422,"#
            + #""title":"The request does not validate","type":"https://zentriqsoftware.com/problems/validation","z":true}"#
        #expect(String(decoding: problem.encoded(requestID: "r"), as: UTF8.self) == expected)
    }

    @Test("members without a value are left out")
    func minimal() throws {
        let document = try ProblemDocument(ProblemDetails(.gone).encoded(requestID: "r"))
        #expect(document.object.members.map(\.name) == ["request_id", "status", "title", "type"])
    }

    @Test("an unknown error says nothing of itself")
    func unknownError() {
        let problem = ProblemDetails(error: TestService.Secret())
        #expect(problem.kind == .internal)
        #expect(problem.detail == nil && problem.errors.isEmpty && problem.headers.isEmpty)
        #expect(!"\(problem)".contains("jane"))
    }

    @Test("known errors keep their status and nothing else")
    func knownErrors() {
        let httpError = ProblemDetails(error: HTTPError(.conflict, headers: [.retryAfter: "1"], message: "jane"))
        #expect(httpError.kind == .conflict && httpError.detail == nil)
        #expect(httpError.headers == [.retryAfter: "1"])
        #expect(ProblemDetails(error: NIOTooManyBytesError(maxBytes: 1)).kind == .payloadTooLarge)
        #expect(ProblemDetails(error: CancellationError()).kind == .unavailable)
        #expect(ProblemDetails(error: ProblemDetails(.gone, detail: "d")).detail == "d")
    }
}
