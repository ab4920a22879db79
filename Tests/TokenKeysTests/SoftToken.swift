import CPKCS11
import Foundation
import Glibc
import Testing

@testable import TokenKeys

/// Tokens of SoftHSM2 in a temporary folder. All are made before the module is loaded: it looks for tokens then.
struct SoftToken {
    static let module = "/usr/lib/softhsm/libsofthsm2.so"
    static let pin = "4711-0815"
    static let labels = ["main", "wrong-pin", "twins", "twins", "rotation", "bytes"].map { "zentriq-\($0)" }

    let folder: URL

    static let shared = Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "zentriq-token-\(UUID().uuidString)")
        let tokens = folder.appending(path: "tokens")
        try FileManager.default.createDirectory(at: tokens, withIntermediateDirectories: true)
        let configuration = folder.appending(path: "softhsm2.conf")
        try "directories.tokendir = \(tokens.path)\nobjectstore.backend = file\nlog.level = ERROR\n".write(
            to: configuration, atomically: true, encoding: .utf8)
        setenv("SOFTHSM2_CONF", configuration.path, 1)
        let token = SoftToken(folder: folder)
        for label in labels {
            try token.tool("--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", pin)
        }
        return token
    }

    func tool(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/softhsm2-util")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "softhsm2-util \(arguments)")
    }

    /// A new file with a PIN.
    func pinFile(_ pin: String = SoftToken.pin, mode: Int = 0o400) throws -> String {
        let file = folder.appending(path: "pin-\(UUID().uuidString)").path
        #expect(FileManager.default.createFile(atPath: file, contents: Data((pin + "\n").utf8)))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }

    /// An AES key in the main token, as somebody else may have made it.
    func makeKey(_ label: String, isSensitive: Bool, isExtractable: Bool, length: CK_ULONG) throws {
        let module = try CryptokiModule(path: Self.module)
        let session = try module.openSession(try module.slot(ofToken: "zentriq-main"))
        defer { try? module.call("C_CloseSession") { $0.C_CloseSession?(session) } }
        let pin = Array(Self.pin.utf8)
        // All sessions of a process are logged in, or none is.
        try? module.call("C_Login") { $0.C_Login?(session, 1, pin, CK_ULONG(pin.count)) }
        let template = Template([
            (Attribute.objectClass, .number(Attribute.secretKey)), (Attribute.keyType, .number(Attribute.aes)),
            (Attribute.valueLength, .number(length)), (Attribute.label, .text(label)), (Attribute.token, .flag(true)),
            (Attribute.isPrivate, .flag(true)), (Attribute.sensitive, .flag(isSensitive)),
            (Attribute.extractable, .flag(isExtractable)), (Attribute.encrypt, .flag(true)),
            (Attribute.decrypt, .flag(true)),
        ])
        defer { template.free() }
        var mechanism = CK_MECHANISM(mechanism: Mechanism.generateKey, pParameter: nil, ulParameterLen: 0)
        var key: CK_OBJECT_HANDLE = 0
        try module.call("C_GenerateKey") {
            $0.C_GenerateKey?(
                session, &mechanism, template.attributes.baseAddress, CK_ULONG(template.attributes.count), &key)
        }
    }
}
