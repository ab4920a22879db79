import BillingTesting
import EventStore
import Foundation
import Testing
import TransparencyLog

@Suite("zentriq verify receipt", .timeLimit(.minutes(10)))
struct VerifyReceiptTests {
    @Test("says in words what a good receipt proves, and what is wrong with any other")
    func receipts() async throws {
        let (good, key) = (try await Self.receipt(), try Bench.signer.verifier.text)
        let other = try NoteSigner(name: KeyName(Bench.origin), seed: [UInt8](repeating: 3, count: 32)).verifier.text
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "receipt").path
            func verify(_ receipt: String, _ key: String, _ more: String...) async throws -> Tool.Output {
                try Data(receipt.utf8).write(to: URL(filePath: path))
                return try await Tool.run(["verify", "receipt", path, "--key", key] + more)
            }

            let answer = try await verify(good, key)
            #expect(answer.status == 0, "\(answer)")
            #expect(answer.text.hasPrefix("The receipt holds.\n"))
            #expect(answer.text.contains("7 credits"), "\(answer.text)")
            #expect(answer.text.contains(Bench.origin))
            #expect(answer.errors.isEmpty)

            // A digit of the position, of the event, of the tree's size, and of the signature.
            let lines = good.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let moved = good.replacing("\(lines[2])\n", with: "index 1000\n")
            for (receipt, reason) in [
                (moved, "the tree of the checkpoint has no such position"),
                (Self.forged(lines), "this event, at this position, is not in the tree of the checkpoint"),
                (
                    good.replacing("\n\n\(Bench.origin)\n", with: "\n\n\(Bench.origin)\n1"),
                    "does not hold"
                ),
                (String(good.dropLast(30)), "REFUSED"), (good + "x", "REFUSED"), ("nonsense", "REFUSED"),
            ] {
                let answer = try await verify(receipt, key)
                #expect(answer.status == 2, "\(answer)")
                #expect(answer.text.hasPrefix("REFUSED: ") && answer.text.contains(reason), "\(answer)")
                #expect(answer.errors.isEmpty)
            }

            let stranger = try await verify(good, other)
            #expect(stranger.status == 2)
            #expect(stranger.text == "REFUSED: the checkpoint is not signed by the log's key\n")
        }
    }

    @Test("gives the same as JSON")
    func json() async throws {
        let (good, key) = (try await Self.receipt(), try Bench.signer.verifier.text)
        let arguments = ["verify", "receipt", "-", "--key", key, "--json"]
        let answer = try await Tool.run(arguments, input: Array(good.utf8))
        #expect(answer.status == 0, "\(answer)")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any])
        #expect(object["valid"] as? Bool == true)
        #expect(object["position"] as? String == "1")
        #expect((object["event"] as? [String: Any])?["type"] as? String == "credit.granted")

        let forged = Self.forged(good.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        let refused = try await Tool.run(arguments, input: Array(forged.utf8))
        #expect(refused.status == 2)
        let reason = "this event, at this position, is not in the tree of the checkpoint"
        #expect(refused.text == "{\"reason\":\"\(reason)\",\"valid\":false}\n")
    }

    @Test("refuses arguments and files that are none, in a line on standard error")
    func unusable() async throws {
        let key = try Bench.signer.verifier.text
        for (arguments, status, words) in [
            (["receipt"], 64, "--key"), (["receipt", "-", "--key", "nonsense"], 64, "is not a verifier key"),
            (["receipt", "-", "--key", String(key.dropLast(2))], 64, "is not a verifier key"),
            (["receipt", "-", "--key", key, "--quorum", "2"], 64, "--quorum"),
            (["receipt", "missing", "--key", key], 1, "missing can't be read"),
            (["receipt", "/", "--key", key], 1, "can't be read"), (["receipt", "-", "--key", key], 1, "- is empty"),
        ] {
            let answer = try await Tool.run(["verify"] + arguments)
            #expect(answer.status == status, "\(arguments): \(answer)")
            #expect(answer.text.isEmpty && answer.errors.contains(words), "\(arguments): \(answer)")
        }
    }

    /// Of a grant of seven credits.
    private static func receipt() async throws -> String {
        try await Bench.with { bench in
            let client = Client(bench)
            try await client.grant(7, reference: "order-1")
            try await client.capture()
            let event = try #require(try await client.events(client.account.stream).first)
            let file = try await Receipts(reader: bench.reader).receipt(at: event.position, of: event.stream.tenant)
            return String(decoding: try #require(file).encoded(), as: UTF8.self)
        }
    }

    /// With eight credits instead of seven.
    private static func forged(_ lines: [String]) -> String {
        var lines = lines
        let extra = lines[1].dropFirst("extra ".count)
        let text = Data(base64Encoded: String(extra)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let changed = text.replacing("\"units\":\"7\"", with: "\"units\":\"8\"")
        #expect(changed != text)
        lines[1] = "extra \(Data(changed.utf8).base64EncodedString())"
        return lines.joined(separator: "\n")
    }
}
