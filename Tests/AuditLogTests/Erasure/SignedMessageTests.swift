import AuditLog
import EventStore
import Testing

@Suite("Signed messages")
struct SignedMessageTests {
    private static let seconds: Int64 = 1_800_000_000
    private static let now = EventTime(microseconds: seconds * 1_000_000 + 999_999)
    private static let message = SignedMessage(
        idempotencyKey: "erase-0e0e0e0e-0000-4000-8000-00000000000e",
        body: Array(
            #"""
            {"action":"erase","object_id":"aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa",\#
            "request":"0e0e0e0e-0000-4000-8000-00000000000e","tenant_id":"11111111-1111-4111-8111-111111111111"}
            """#.utf8))
    private static let code = "e6ed5463c08b917998b7d0c11faba68ebfdf833ed0a24a0968f54ce0c24d961e"

    private func secret(_ text: String = "0123456789abcdef0123456789abcdef") throws -> CallBackSecret {
        try CallBackSecret(text.utf8)
    }

    @Test("the signature is the one of the document, and is accepted")
    func vector() throws {
        let signature = Self.message.signature(at: Self.now, with: try secret())
        #expect(signature == "t=1800000000,v1=\(Self.code)")
        try Self.message.verify([signature], at: Self.now, with: try secret())
    }

    @Test(
        "it counts for 300 seconds either way",
        arguments: [
            (0, nil), (-300, nil), (300, nil), (-301, SignatureFault.tooOld), (301, .inFuture), (-86_400, .tooOld),
            (86_400, .inFuture), (-1_800_000_000, .tooOld),
        ] as [(Int64, SignatureFault?)])
    func tolerance(seconds: Int64, fault: SignatureFault?) throws {
        let signature = Self.message.signature(at: Self.now.adding(seconds: seconds), with: try secret())
        #expect(Self.fault([signature], try secret()) == fault)
    }

    @Test(
        "no header, two headers, or another form than the one",
        arguments: [
            ([], .missing), (["t=1800000000,v1=\(code)", "t=1800000000,v1=\(code)"], .repeated), ([""], .malformed),
            (["t=1800000000"], .malformed), (["v1=\(code)"], .malformed), (["v1=\(code),t=1800000000"], .malformed),
            (["t=1800000000, v1=\(code)"], .malformed), ([" t=1800000000,v1=\(code)"], .malformed),
            (["t=1800000000,v1=\(code),"], .malformed), (["t=1800000000,v1=\(code),v1=\(code)"], .malformed),
            (["t=1800000000,v1=\(code),t=1800000000,v1=\(code)"], .malformed),
            (["t=01800000000,v1=\(code)"], .malformed), (["t=+1800000000,v1=\(code)"], .malformed),
            (["t=-1800000000,v1=\(code)"], .malformed), (["t=,v1=\(code)"], .malformed),
            (["t=1800000000.5,v1=\(code)"], .malformed), (["t=9999999999999,v1=\(code)"], .malformed),
            (["t=١٨,v1=\(code)"], .malformed), (["T=1800000000,v1=\(code)"], .malformed),
            (["t=1800000000,v0=\(code)"], .malformed), (["t=1800000000,v1="], .malformed),
            (["t=1800000000,v1=\(code.dropLast())"], .malformed), (["t=1800000000,v1=\(code.dropLast(2))"], .malformed),
            (["t=1800000000,v1=\(code)00"], .malformed), (["t=1800000000,v1=\(code.uppercased())"], .malformed),
            (["t=1800000000,v1=\(code.dropLast())g"], .malformed), (["t=1800000001,v1=\(code)"], .wrong),
            (["t=1800000000,v1=\(code.dropLast())f"], .wrong),
        ] as [([String], SignatureFault)])
    func forms(values: [String], fault: SignatureFault) throws {
        #expect(Self.fault(values, try secret()) == fault)
    }

    @Test("another body, another key, another secret: another message")
    func others() throws {
        let signature = Self.message.signature(at: Self.now, with: try secret())
        let (key, body) = (Self.message.idempotencyKey, Self.message.body)
        let others = [
            SignedMessage(idempotencyKey: key, body: body + [0x20]), SignedMessage(idempotencyKey: key, body: []),
            SignedMessage(idempotencyKey: key, body: body.dropLast()), SignedMessage(idempotencyKey: "e", body: body),
            SignedMessage(idempotencyKey: key.uppercased(), body: body),
        ]
        for other in others { #expect(Self.fault([signature], try secret(), of: other) == .wrong) }
        #expect(Self.fault([signature], try secret("1123456789abcdef0123456789abcdef")) == .wrong)
        #expect(Self.fault([signature], try secret("0123456789abcdef0123456789abcdef0")) == .wrong)
    }

    @Test("what could be taken apart in two ways is no message", arguments: ["", "a.b", "."])
    func ambiguous(key: String) throws {
        let message = SignedMessage(idempotencyKey: key, body: [])
        let signature = message.signature(at: Self.now, with: try secret())
        #expect(Self.fault([signature], try secret(), of: message) == .malformed)
    }

    private static func fault(
        _ values: [String], _ secret: CallBackSecret, of message: SignedMessage = message
    ) -> SignatureFault? {
        do {
            try message.verify(values, at: now, with: secret)
            return nil
        } catch {
            return error
        }
    }
}
