import BillingTesting
import Foundation
import Sealing
import Testing
import TransparencyLog

@Suite("zentriq keys kek, and who needs one", .serialized)
struct KeyEncryptionKeyTests {
    @Test("generate makes one version after the other, show tells them apart, and neither shows a key")
    func generateAndShow() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "kek").path
            let environment = ["ZENTRIQ_KEK_FOLDER": path]
            let none = try await Tool.run(["keys", "kek", "show"], environment: environment)
            #expect(none.status == 78)
            #expect(none.errors.contains("zentriq keys kek generate"))
            var lines: [String] = []
            for version in 1...2 {
                let made = try await Tool.run(["keys", "kek", "generate"], environment: environment)
                #expect(made.status == 0, "\(made)")
                #expect(made.text.hasPrefix("version \(version)  fingerprint "))
                lines.append(made.text)
            }
            let shown = try await Tool.run(["keys", "kek", "show", path])
            #expect(shown.text == lines.joined())
            let json = try await Tool.run(["keys", "kek", "show", "--json"], environment: environment)
            #expect(json.text.contains(#""newest":true,"version":2"#))
            for version in 1...2 {
                let key = try String(contentsOfFile: path + "/\(version).key", encoding: .utf8)
                for output in [shown.text, json.text] { #expect(!output.contains(key.dropLast())) }
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path + "/1.key")
            let open = try await Tool.run(["keys", "kek", "show", path])
            #expect(open.status == 78)
            #expect(open.errors.contains("1.key: not a plain file of your own with mode 0400"))
        }
    }

    @Test("verify log opens what is sealed with the folder that is named, and says what it could not open without")
    func verifyLog() async throws {
        try await Bench.with { bench in
            let client = Client(bench)
            try await client.grant(3)
            try await client.capture()
            try await withTemporaryFolder { folder in
                let environment = try VerifyLogTests.environment(bench, folder)
                let without = try await Tool.run(["verify", "log"], environment: environment)
                #expect(without.status == 0, "\(without)")
                #expect(without.text.contains("sealed    1, of which 0 were opened"))
                #expect(without.text.contains("unchecked 1 sealed events were not opened"))
                let replay = try await Tool.run(["replay"], environment: environment)
                #expect(replay.status == 0, "\(replay)")
                #expect(replay.text.contains("sealed   1 events could not be opened"))

                let path = folder.appending(path: "keys").path
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                let file = path + "/1.key"
                try Data((try #require(Bench.keys.key(1) as? KeyEncryptionKey).text + "\n").utf8).write(
                    to: URL(filePath: file))
                try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: file)
                for arguments in [["--kek-folder", path], []] {
                    var environment = environment
                    if arguments.isEmpty { environment["ZENTRIQ_KEK_FOLDER"] = path }
                    let opened = try await Tool.run(["verify", "log"] + arguments, environment: environment)
                    #expect(opened.status == 0, "\(opened)")
                    #expect(opened.text.contains("sealed    1, of which 1 were opened"))
                    #expect(!opened.text.contains("unchecked 1 sealed"))
                }
                let nowhere = try await Tool.run(
                    ["verify", "log", "--kek-folder", path + "x"], environment: environment)
                #expect(nowhere.status == 78)
            }
        }
    }

    @Test("the service does not start without the key in production, nor with another one than the log's keys need")
    func serve() async throws {
        let missing = try await Tool.run(
            ["serve"],
            environment: [
                "ZENTRIQ_MODE": "production", "ZENTRIQ_AUDIENCE": "a",
                "ZENTRIQ_OPERATOR_TENANT": UUID().uuidString, "ZENTRIQ_CLIENTS": "\(UUID().uuidString)=punchout",
                "ZENTRIQ_APPLICATIONS": UUID().uuidString,
                "ZENTRIQ_LOG_KEY": try NoteSigner.generate(name: KeyName("log.example.com/x")).privateKeyText(),
            ])
        #expect(missing.status == 78)
        #expect(missing.errors.contains("ZENTRIQ_KEK_FOLDER is not set, nor ZENTRIQ_KEK_PKCS11_MODULE"), "\(missing)")
    }
}
