import AuditLog
import CanonicalJSON
import Crypto
import EventStore
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Outbound
import Testing

@Suite("Call-backs", .timeLimit(.minutes(10)))
struct CallBackTests {
    private let request = CallBackRequest(id: UUID(), tenant: TenantID(UUID()), object: UUID())

    private func callBack(
        _ url: String, action: CallBackAction = .erase, timeout: Duration = .seconds(120)
    ) throws -> CallBack {
        CallBack(
            name: Receiver.name, action: action,
            address: try #require(OutboundAddress(url, development: true)),
            secret: try CallBackSecret(Receiver.secret), clock: Receiver.clock, timeout: timeout)
    }

    @Test("what is asked is the same bytes under the same key each time, and signed")
    func asked() async throws {
        let receipt = Receiver.receipt(for: request)
        let receiver = Receiver(Receiver.signed(receipt))
        try await receiver.run { url in
            for _ in 0..<2 {
                let answer = try await callBack(url).ask(request)
                #expect(answer.bytes == Array(receipt.utf8))
                #expect(answer.sha256 == Array(SHA256.hash(data: Array(receipt.utf8))))
                #expect(answer.erased == 3)
                #expect(answer.at.text == "2027-01-15T08:00:00.000000Z")
            }
        }
        let asked = receiver.asked
        try #require(asked.count == 2)
        #expect(asked[0] == asked[1])
        #expect(asked[0].key == "erase-\(request.id.lowercaseText)")
        try SignedMessage(idempotencyKey: asked[0].key, body: asked[0].body)
            .verify(asked[0].signatures, at: Receiver.clock.now(), with: CallBackSecret(Receiver.secret))
        let members = try #require(try JSONParser.parse(asked[0].body).objectValue)
        let expected: JSONObject = [
            "action": .string("erase"), "request": .string(request.id.lowercaseText),
            "tenant_id": .string(request.tenant.rawValue.lowercaseText),
            "object_id": .string(try #require(request.object).lowercaseText),
        ]
        #expect(members == expected)
    }

    @Test("a whole tenant is asked for without a person; a subscription never with one", arguments: [false, true])
    func members(hasPerson: Bool) throws {
        let request = CallBackRequest(id: UUID(), tenant: TenantID(UUID()), object: hasPerson ? UUID() : nil)
        for action in CallBackAction.allCases {
            let message = request.message(to: action)
            let members = try #require(try JSONParser.parse(message.body).objectValue)
            #expect((members["object_id"] != nil) == (hasPerson && action == .erase))
            #expect(members["action"] == .string(action.rawValue))
            #expect(message.idempotencyKey == "\(action.rawValue)-\(request.id.lowercaseText)")
        }
    }

    @Test("the operator's back end cancels a subscription in the same way")
    func cancelled() async throws {
        let receiver = Receiver(Receiver.signed(Receiver.receipt(for: request, erased: "0")))
        try await receiver.run { url in
            let receipt = try await callBack(url, action: .cancelSubscription).ask(request)
            #expect(receipt.erased == 0)
        }
        #expect(receiver.asked.first?.key == "cancel-subscription-\(request.id.lowercaseText)")
    }

    @Test("whatever is no signed receipt is a failure that says which, and the next try succeeds")
    func wrongThenRight() async throws {
        let good = Receiver.receipt(for: request)
        let wrong: [(String, Receiver.Behaviour, CallBackFailure)] =
            statuses + signatures(good) + malformed.map { ("\($0)", Receiver.signed($0), .malformedReceipt) } + [
                (
                    "another request",
                    Receiver.signed(
                        Receiver.receipt(
                            for: CallBackRequest(
                                id: UUID(), tenant: request.tenant))), .receiptOfAnother
                ),
                ("another store", Receiver.signed(Receiver.receipt(for: request, name: "mail")), .receiptOfAnother),
                ("too large", Receiver.signed(String(repeating: " ", count: 64 << 10) + good), .answerTooLarge),
            ]
        let receiver = Receiver(Receiver.status(500))
        try await receiver.run { url in
            let callBack = try self.callBack(url)
            for (name, behaviour, failure) in wrong {
                receiver.become(behaviour)
                await #expect(throws: failure, "\(name)") { try await callBack.ask(request) }
                receiver.become(Receiver.signed(good))
                #expect(try await callBack.ask(request).erased == 3, "\(name)")
            }
            // As large as a receipt may be.
            let padding = String(repeating: " ", count: 64 << 10 - good.utf8.count)
            receiver.become(Receiver.signed(padding + good))
            #expect(try await callBack.ask(request).bytes.count == 64 << 10)
        }
        #expect(Set(receiver.asked.map(\.key)).count == 1)
        #expect(Set(receiver.asked.map(\.body)).count == 1)
    }

    private var statuses: [(String, Receiver.Behaviour, CallBackFailure)] {
        [201, 202, 204, 400, 401, 404, 409, 410, 429, 500, 503].map { code in
            ("status \(code)", Receiver.status(code), .status(UInt(code)))
        }
            + [301, 302, 303, 307, 308].map { code in
                ("redirect \(code)", Receiver.status(code, headers: [.location: "/elsewhere"]), .status(UInt(code)))
            }
    }

    private func signatures(_ good: String) -> [(String, Receiver.Behaviour, CallBackFailure)] {
        let right = Receiver.signed(good)
        return [
            ("no signature", { _ in Receiver.answer(good, []) }, .notSigned(.missing)),
            (
                "two signatures",
                { asked in
                    let signatures = right(asked).headers[values: .init(SignedMessage.headerName)!]
                    return Receiver.answer(good, signatures + signatures)
                }, .notSigned(.repeated)
            ),
            ("no form", { _ in Receiver.answer(good, ["t=1800000000"]) }, .notSigned(.malformed)),
            ("the request's own", { Receiver.answer(good, $0.signatures) }, .notSigned(.wrong)),
            ("another secret", Receiver.signed(good, secret: [UInt8](1..<33)), .notSigned(.wrong)),
            ("another key", Receiver.signed(good, key: "erase-\(UUID())"), .notSigned(.wrong)),
            ("another body", Receiver.signed(good, over: good + " "), .notSigned(.wrong)),
            ("old", Receiver.signed(good, after: -301), .notSigned(.tooOld)),
            ("future", Receiver.signed(good, after: 301), .notSigned(.inFuture)),
        ]
    }

    private var malformed: [String] {
        let id = request.id.lowercaseText
        func receipt(_ erased: String = "3", at: String = #""2027-01-15T08:00:00Z""#, more: String = "") -> String {
            #"{"request":"\#(id)","store":"chats","erased":\#(erased),"at":\#(at)\#(more)}"#
        }
        return [
            "", "null", "[]", "{}", "erased", #"{"request":"\#(id)"}"#, receipt("-1"), receipt("1.5"),
            receipt(#""3""#), receipt("null"), receipt("9007199254740992"), receipt(at: "1800000000"),
            receipt(at: #""yesterday""#), receipt(at: #""2027-02-30T08:00:00Z""#), receipt(more: #","note":"""#),
            receipt(more: #","erased":3"#), receipt() + receipt(), "[\(receipt())]",
        ]
    }

    @Test("an answer that does not end is not waited for")
    func trickle() async throws {
        let receiver = Receiver { _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: "{"))
                    try await Task.sleep(for: .seconds(3_600))
                })
        }
        try await receiver.run { url in
            await #expect(throws: CallBackFailure.timeout) {
                try await callBack(url, timeout: .milliseconds(200)).ask(request)
            }
            let patient = try callBack(url)
            let asking = Task { try await patient.ask(request) }
            while receiver.asked.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
            asking.cancel()
            let result = await asking.result
            #expect(throws: CallBackFailure.cancelled) { try result.get() }
        }
    }

    @Test("nobody there: one line that says so, and nothing of the request")
    func nobody() async throws {
        let url = try await Receiver(Receiver.status(500)).run { $0 }
        let error = await #expect(throws: CallBackFailure.self) { try await callBack(url).ask(request) }
        let failure = try #require(error)
        guard case .unreachable = failure else {
            Issue.record("\(failure)")
            return
        }
        #expect(!"\(failure)".contains("\n"))
        for secret in [request.id, request.tenant.rawValue, try #require(request.object)] {
            #expect(!"\(failure)".contains(secret.lowercaseText))
        }
    }

    @Test(
        "an address is https, or http on this machine in development, and nothing besides",
        arguments: [
            ("https://store.example/erase", true, true), ("https://store.example:8443", true, true),
            ("http://127.0.0.1:80/erase", false, true), ("http://localhost", false, true),
            ("http://[::1]:80", false, true), ("http://store.example", false, false), ("http://10.0.0.1", false, false),
            ("https://", false, false), ("https:///a", false, false), ("https://u:p@store.example", false, false),
            ("https://u@store.example", false, false), ("https://store.example?a=b", false, false),
            ("https://store.example#a", false, false), ("ftp://store.example", false, false),
            ("store.example", false, false), ("", false, false), ("file:///etc/passwd", false, false),
            ("https://store.example/a b", false, false), ("https://store.example/\n", false, false),
            ("https://störe.example/", false, false),
            ("https://store.example/" + String(repeating: "a", count: 2_048), false, false),
        ])
    func addresses(url: String, production: Bool, development: Bool) {
        #expect((OutboundAddress(url, development: false) != nil) == production)
        #expect((OutboundAddress(url, development: true) != nil) == development)
    }
}
