import AuditLog
import Foundation
import Gateway
import Outbound
import Testing

@Suite("Settings of call-backs")
struct CallBackSettingsTests {
    /// What a file with this text gives; `SECRET` in it stands for a secret's file.
    private func callBacks(_ text: String, development: Bool = false) async throws -> [CallBack] {
        try await withTemporaryFolder { folder in
            let (file, secret) = (folder.appending(path: "call-backs.json"), folder.appending(path: "secret"))
            try Data(text.replacing("SECRET", with: secret.path).utf8).write(to: file)
            for (name, count, mode) in [("secret", 32, 0o400), ("secret-short", 31, 0o400), ("secret-open", 32, 0o444)]
            {
                let path = folder.appending(path: name)
                try Data(repeating: 0x78, count: count).write(to: path)
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.path)
            }
            return try Settings(["ZENTRIQ_CALL_BACKS": file.path]).callBacks(development: development)
        }
    }

    private static let chats =
        #"{"name":"chats","action":"erase","url":"https://chats.example/erase","secret_file":"SECRET"}"#

    private static func chats(_ change: String, to new: String) -> String {
        "[\(chats.replacing(change, with: new))]"
    }

    @Test("there are none unless a file says so")
    func none() async throws {
        #expect(try Settings([:]).callBacks(development: false).isEmpty)
        #expect(try await callBacks(" [] ").isEmpty)
    }

    @Test("each has a name, something to do, an address and a secret; their order is kept")
    func listed() async throws {
        let billing = Self.chats.replacing("chats", with: "billing-1").replacing(
            "erase\",", with: "cancel-subscription\",")
        let callBacks = try await callBacks("[\(Self.chats), \(billing)]")
        #expect(callBacks.map(\.name) == ["chats", "billing-1"])
        #expect(callBacks.map(\.action) == [.erase, .cancelSubscription])
        #expect(callBacks.first?.address.url == "https://chats.example/erase")
    }

    @Test("http to this machine is for development")
    func loopback() async throws {
        let text = Self.chats("https://chats.example", to: "http://127.0.0.1:9000")
        #expect(try await callBacks(text, development: true).count == 1)
        await #expect(throws: Settings.Failure.self) { try await callBacks(text) }
    }

    @Test(
        "anything else is refused, in one line that names the variable",
        arguments: [
            "", "{}", "null", "[", "[1]", "[[]]", "[\(chats),]", "[\(chats),\(chats)]", chats,
            "[\(Array(repeating: chats, count: 17).joined(separator: ","))]",
            String(repeating: " ", count: 64 << 10) + "[]",
            chats(#""name":"chats","#, to: ""), chats(#""action":"erase","#, to: ""),
            chats(#""url":"https://chats.example/erase","#, to: ""), chats(#","secret_file":"SECRET""#, to: ""),
            chats(#""name""#, to: #""more":1,"name""#), chats(#""name""#, to: #""name":"a","name""#),
            chats(#""chats""#, to: #""Chats""#), chats(#""chats""#, to: #""""#), chats(#""chats""#, to: "1"),
            chats(#""chats""#, to: "\"" + String(repeating: "a", count: 33) + "\""), chats(#""chats""#, to: #""a b""#),
            chats(#""erase""#, to: #""freeze""#), chats(#""erase""#, to: "null"),
            chats("https://", to: "http://"), chats("https://", to: ""), chats("/erase\"", to: "?a=b\""),
            chats("SECRET", to: "SECRET-none"), chats("SECRET", to: "SECRET-short"), chats("SECRET", to: "SECRET-open"),
            chats("SECRET", to: ""),
        ])
    func refused(text: String) async {
        let failure = await #expect(throws: Settings.Failure.self) { try await callBacks(text) }
        #expect(failure?.description.hasPrefix("ZENTRIQ_CALL_BACKS: ") == true)
        #expect(failure?.description.contains("\n") == false)
    }

    @Test("a file that can't be read is refused", arguments: ["/no/such/file", "/"])
    func unreadable(path: String) {
        #expect(throws: Settings.Failure.self) {
            try Settings(["ZENTRIQ_CALL_BACKS": path]).callBacks(development: true)
        }
    }
}
