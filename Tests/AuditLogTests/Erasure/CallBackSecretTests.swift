import AuditLog
import EventStore
import Foundation
import SecretFiles
import Testing

@Suite("Secrets of call-backs")
struct CallBackSecretTests {
    @Test("a secret has at least 32 bytes, without the line feed at its end")
    func length() throws {
        try withFolder { folder in
            let text = String(repeating: "x", count: 32)
            let good = [text, text + "\n", text + "\n\n", String(repeating: "é", count: 16), text + text]
            let bad = ["", "\n", String(text.dropLast()), String(text.dropLast()) + "\n"]
            let message = SignedMessage(idempotencyKey: "k", body: [])
            let time = EventTime(microseconds: 0)
            var signatures: [String] = []
            for (index, text) in good.enumerated() {
                try SecretFile.create("\(folder)/\(index)", text)
                signatures.append(message.signature(at: time, with: try CallBackSecret(file: "\(folder)/\(index)")))
            }
            #expect(signatures[0] == signatures[1])
            #expect(Set(signatures).count == 4)
            for (index, text) in bad.enumerated() {
                try SecretFile.create("\(folder)/bad\(index)", text)
                #expect(throws: SecretFileError.malformed) { try CallBackSecret(file: "\(folder)/bad\(index)") }
            }
        }
    }

    @Test("a file that is missing, or that others have a right to, is refused")
    func files() throws {
        try withFolder { folder in
            #expect(throws: SecretFileError.system(ENOENT)) { try CallBackSecret(file: "\(folder)/none") }
            #expect(throws: SecretFileError.notPrivate) { try CallBackSecret(file: folder) }
            try SecretFile.create("\(folder)/open", String(repeating: "x", count: 32))
            try FileManager.default.setAttributes([.posixPermissions: 0o440], ofItemAtPath: "\(folder)/open")
            #expect(throws: SecretFileError.notPrivate) { try CallBackSecret(file: "\(folder)/open") }
        }
    }

    @Test("it can't be printed")
    func redacted() throws {
        let secret = try CallBackSecret(Array("this must not be seen anywhere!!!".utf8))
        var text = "\(secret) \(String(reflecting: secret))"
        dump(secret, to: &text)
        #expect(text.split(separator: " ").allSatisfy { !$0.contains("seen") && !$0.contains("116") })
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "zentriq-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
}
