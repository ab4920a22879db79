import AuditLog
import BillingTesting
import EventStore
import Foundation
import Postgres
import PostgresTesting
import Sealing
import Testing
import TransparencyLog

@Suite("zentriq keys kek rotate, rewrap, retire, status", .serialized, .timeLimit(.minutes(10)))
struct KeyRotationTests {
    private static let key = Data(repeating: 0x4B, count: KeyEncryptionKey.byteCount)

    private static func environment(_ bench: Bench, _ folder: URL) throws -> [String: String] {
        let gateway = try bench.database.configuration(role: .gateway)
        let signer = try NoteSigner(name: KeyName(Bench.origin), seed: [UInt8](repeating: 7, count: 32))
        var environment = [
            "ZENTRIQ_DATABASE_SOCKET": gateway.host, "ZENTRIQ_DATABASE_PORT": String(gateway.port),
            "ZENTRIQ_DATABASE_NAME": gateway.database, "ZENTRIQ_DATA_DIRECTORY": folder.path,
            "ZENTRIQ_LOG_KEY": signer.privateKeyText(), "ZENTRIQ_LOG_ORIGIN": Bench.origin,
        ]
        for (name, role) in [
            ("GATEWAY", TestDatabase.Role.gateway), ("PROJECTOR", .projector), ("AUDITOR", .auditor),
            ("RETENTION", .retention),
        ] {
            environment["ZENTRIQ_\(name)_PASSWORD"] = try bench.database.configuration(role: role).password
        }
        return environment
    }

    /// The bench's own key in a folder.
    private static func inFolder(_ folder: URL) throws -> [String: String] {
        let path = folder.appending(path: "kek")
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        let file = path.appending(path: "1.key").path
        #expect(
            FileManager.default.createFile(
                atPath: file, contents: Data((key.base64EncodedString() + "\n").utf8),
                attributes: [.posixPermissions: 0o400]))
        return ["ZENTRIQ_KEK_FOLDER": path.path]
    }

    /// The same in a token of SoftHSM2.
    private static func inToken(_ folder: URL) throws -> [String: String] {
        let (tokens, configuration) = (folder.appending(path: "tokens"), folder.appending(path: "softhsm2.conf"))
        let (pin, file) = (folder.appending(path: "pin").path, folder.appending(path: "aes"))
        try FileManager.default.createDirectory(at: tokens, withIntermediateDirectories: true)
        try "directories.tokendir = \(tokens.path)\n".write(to: configuration, atomically: true, encoding: .utf8)
        try key.write(to: file)
        #expect(
            FileManager.default.createFile(
                atPath: pin, contents: Data("1234\n".utf8), attributes: [.posixPermissions: 0o400]))
        for arguments in [
            ["--init-token", "--free", "--label", "zentriq", "--pin", "1234", "--so-pin", "5678"],
            [
                "--import", file.path, "--aes", "--token", "zentriq", "--label", "zentriq-kek-\(Bench.origin)-1",
                "--id",
                "01", "--pin", "1234",
            ],
        ] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/softhsm2-util")
            process.arguments = arguments
            process.environment = ["SOFTHSM2_CONF": configuration.path]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }
        return [
            "SOFTHSM2_CONF": configuration.path, "ZENTRIQ_KEK_PKCS11_MODULE": "/usr/lib/softhsm/libsofthsm2.so",
            "ZENTRIQ_KEK_PKCS11_TOKEN": "zentriq", "ZENTRIQ_KEK_PKCS11_PIN_FILE": pin,
        ]
    }

    @Test(
        "a rotation from first to last, in a folder and in a token: what is sealed opens all along",
        arguments: [false, true])
    func whole(token: Bool) async throws {
        try await Bench.with { bench in
            let client = Client(bench)
            try await client.grant(3)
            try await client.capture()
            try await withTemporaryFolder { folder in
                let place = try token ? Self.inToken(folder) : Self.inFolder(folder)
                let environment = try Self.environment(bench, folder).merging(place) { $1 }
                func run(_ arguments: String..., status: Int32 = 0) async throws -> Tool.Output {
                    let output = try await Tool.run(["keys", "kek"] + arguments, environment: environment)
                    #expect(output.status == status, "\(arguments): \(output)")
                    #expect(!output.text.contains(Self.key.base64EncodedString()))
                    return output
                }
                let shown = try await run("show")
                #expect(shown.text.hasPrefix("version 1  fingerprint "))
                #expect(try await run("status").text.contains("version 1  active  since "))
                #expect(try await run("retire", "1", status: 1).errors.contains("rotate first"))
                #expect(try await run("retire", "7", status: 1).errors.contains("has no version 7"))
                _ = try await run("retire", "one", status: 64)
                #expect(try await run("rewrap").text == "0 keys were wrapped anew.\n")
                #expect(try await run("rotate").text.hasPrefix("version 2  fingerprint "))
                let inUse = try await run("retire", "1", "--dry-run", status: 2)
                #expect(
                    inUse.errors == "zentriq: 2 keys are still wrapped with version 1; wrap them anew first: "
                        + "zentriq keys kek rewrap\n")
                #expect(try await run("status", "--json").text.contains(#""due":["old versions still wrap keys"#))
                #expect(try await run("rewrap", "--json").text == "{\"rewrapped\":\"2\"}\n")
                #expect(try await run("retire", "1", "--dry-run").text == "Version 1 could be destroyed.\n")
                #expect(try await run("retire", "1").text == "Version 1 was destroyed.\n")
                #expect(try await run("show").text.hasPrefix("version 2  "))
                let status = try await run("status", "--json")
                #expect(status.text.contains(#""overdue":false"#) && status.text.contains(#""state":"retired""#))
                let verified = try await Tool.run(["verify", "log"], environment: environment)
                #expect(
                    verified.status == 0 && verified.text.contains("sealed    1, of which 1 were opened"), "\(verified)"
                )
            }
        }
    }

    @Test("overdue is a status of its own, and automatic rotation is configured with care")
    func overdue() async throws {
        try await Bench.with { bench in
            try await withTemporaryFolder { folder in
                let environment = try Self.environment(bench, folder).merging(Self.inFolder(folder)) { $1 }
                try await bench.asSuperuser(
                    ("UPDATE zentriq.key_encryption_keys SET activated_at = activated_at - interval '91 days'", []))
                let status = try await Tool.run(["keys", "kek", "status"], environment: environment)
                #expect(status.status == 2 && status.text.contains("DUE  a rotation is due"), "\(status)")
                var both = environment
                both["ZENTRIQ_KEK_PKCS11_MODULE"] = "/nowhere"
                let refused = try await Tool.run(["keys", "kek", "show"], environment: both)
                #expect(refused.status == 78 && refused.errors.contains("are both set"), "\(refused)")
            }
        }
    }
}
