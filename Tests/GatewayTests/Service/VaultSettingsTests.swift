import AuditLog
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

    @Test("the provider is asked over https alone; development takes http to this machine as well")
    func https() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "secret")
            try Data("secret\n".utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: file.path)
            for (url, inProduction, inDevelopment) in [
                ("https://login.example.com/{tenantid}/token", true, true),
                ("http://login.example.com/{tenantid}/token", false, false),
                ("http://127.0.0.1:8080/{tenantid}/token", false, true),
                ("ftp://login.example.com/{tenantid}/token", false, false),
                ("https://user:password@login.example.com/token", false, false),
                ("https://login.example.com/token?a=b", false, false),
                ("https://login.example.com/token#a", false, false), ("login.example.com/token", false, false),
            ] {
                let values = ["CLIENT": "client", "CLIENT_SECRET_FILE": file.path, "TOKEN_URL": url]
                for (development, isTaken) in [(false, inProduction), (true, inDevelopment)] {
                    if isTaken {
                        #expect(try read(values, development: development), "\(url)")
                    } else {
                        #expect(throws: Settings.Failure.self, "\(url)") {
                            try read(values, development: development)
                        }
                    }
                }
            }
        }
    }

    @Test("there are as many leases as is said, and no number is guessed")
    func limits() throws {
        let some = try Settings([
            "ZENTRIQ_VAULT_PERSON_PER_MINUTE": "2", "ZENTRIQ_VAULT_PERSON_PER_HOUR": "3",
            "ZENTRIQ_VAULT_TENANT_PER_HOUR": "1000000",
        ]).vaultLimits()
        #expect((some.unusualPerMinute, some.personPerHour, some.tenantPerHour) == (2, 3, 1_000_000))
        let none = try Settings([:]).vaultLimits()
        #expect((none.unusualPerMinute, none.personPerHour, none.tenantPerHour) == (30, 120, 2_000))
        for name in ["PERSON_PER_MINUTE", "PERSON_PER_HOUR", "TENANT_PER_HOUR"] {
            for value in ["0", "-1", "1000001", "many", "1.5"] {
                #expect(throws: Settings.Failure.self) {
                    try Settings(["ZENTRIQ_VAULT_\(name)": value]).vaultLimits()
                }
            }
        }
    }
}
