import Foundation
import Gateway
import Testing

@Suite("Settings of the token vault")
struct VaultSettingsTests {
    private func read(_ values: [String: String], development: Bool = false) throws -> Bool {
        let values = Dictionary(uniqueKeysWithValues: values.map { ("ZENTRIQ_VAULT_\($0)", $1) })
        return try Settings(values).identityProvider(development: development) != nil
    }

    @Test("none are none; the secret comes from a file that nobody else may read")
    func secret() async throws {
        #expect(try !read([:]))
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "secret")
            let values = ["CLIENT": "client", "CLIENT_SECRET_FILE": file.path]
            #expect(throws: Settings.Failure.self) { try read(values) }
            for (text, mode, isTaken) in [
                ("secret\n", 0o400, true), ("secret", 0o600, true), ("secret", 0o440, false), ("secret", 0o404, false),
                ("", 0o400, false), ("\n", 0o400, false), (String(repeating: "a", count: 1 << 15), 0o400, false),
            ] {
                try? FileManager.default.removeItem(at: file)
                try Data(text.utf8).write(to: file)
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
                if isTaken {
                    #expect(try read(values))
                } else {
                    #expect(throws: Settings.Failure.self) { try read(values) }
                }
            }
        }
    }

    @Test(
        "one without the other, or an address in the clear, is refused",
        arguments: [
            ["CLIENT": "client"], ["CLIENT_SECRET_FILE": "/dev/null"], ["TOKEN_URL": "https://login.example.com/token"],
            ["CLIENT": "a b", "CLIENT_SECRET_FILE": "/dev/null"],
            ["CLIENT": "a", "CLIENT_SECRET_FILE": "/dev/null", "TOKEN_URL": "http://login.example.com/token"],
            ["CLIENT": "a", "CLIENT_SECRET_FILE": "/dev/null", "TOKEN_URL": "http://127.0.0.1/token"],
        ])
    func refused(values: [String: String]) {
        #expect(throws: Settings.Failure.self) { try read(values) }
    }
}
