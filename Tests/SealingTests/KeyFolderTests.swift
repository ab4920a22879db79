import Foundation
import Testing

@testable import Sealing

@Suite("The folder with the key-encryption key")
struct KeyFolderTests {
    @Test("versions follow each other, in files that nobody else can read and nobody can change")
    func generate() throws {
        try withFolder { folder in
            let keys = KeyFolder(path: folder.path + "/kek")
            #expect(!keys.exists)
            let (first, second) = (try keys.generate(), try keys.generate())
            #expect((first.version, second.version) == (1, 2))
            #expect(first.fingerprint != second.fingerprint)
            #expect(try mode(keys.path) == 0o700)
            for version in 1...2 { #expect(try mode(keys.path + "/\(version).key") == 0o400) }
            let read = try keys.read()
            #expect(read.all.last?.version == 2)
            #expect(read.all.map(\.fingerprint) == [first.fingerprint, second.fingerprint])
        }
    }

    @Test("a key that group or others have any right to is refused", arguments: [0o440, 0o404, 0o420, 0o601, 0o644])
    func modes(mode: Int) throws {
        try withFolder { folder in
            let keys = KeyFolder(path: folder.path)
            let file = folder.path + "/\(try keys.generate().version).key"
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
            #expect(throws: KeyProviderError("\(file): not a plain file of your own with mode 0400 (chmod 400)")) {
                try keys.read()
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            #expect(try keys.read().all.map(\.version) == [1])
        }
    }

    @Test("a link, or a folder, in the place of a key is refused")
    func notFiles() throws {
        try withFolder { folder in
            let keys = KeyFolder(path: folder.path)
            _ = try keys.generate()
            let second = folder.path + "/2.key"
            try FileManager.default.createSymbolicLink(
                atPath: second, withDestinationPath: folder.path + "/1.key")
            #expect(throws: KeyProviderError.self) { try keys.read() }
            try FileManager.default.removeItem(atPath: second)
            try FileManager.default.createDirectory(atPath: second, withIntermediateDirectories: false)
            #expect(throws: KeyProviderError.self) { try keys.read() }
        }
    }

    @Test(
        "a file that does not hold 32 bytes in Base64, on one line, is refused",
        arguments: [
            "", "\n", "x", String(repeating: "A", count: 43), "AAAA", " " + String(repeating: "A", count: 43) + "=",
            String(repeating: "A", count: 43) + "=\n\n", String(repeating: "A", count: 42) + "B=",
            String(repeating: "A", count: 44), String(repeating: "A", count: 20_000),
        ])
    func malformed(text: String) throws {
        try withFolder { folder in
            let file = folder.path + "/1.key"
            try Data(text.utf8).write(to: URL(filePath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: file)
            #expect(throws: KeyProviderError.self) { try KeyFolder(path: folder.path).read() }
        }
    }

    @Test("a folder without a key, and one that is not there, say how to make one; other files are left alone")
    func absent() throws {
        try withFolder { folder in
            for name in ["0.key", "01.key", "-1.key", "x.key", "1.key.old", "2147483648.key", "README"] {
                try Data("x".utf8).write(to: folder.appending(path: name))
            }
            for path in [folder.path, folder.path + "/none"] {
                let error = #expect(throws: KeyProviderError.self) { try KeyFolder(path: path).read() }
                #expect(error?.description.contains("zentriq keys kek generate") == true)
            }
            #expect(try KeyFolder(path: folder.path).generate().version == 1)
        }
    }

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "zentriq-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func mode(_ path: String) throws -> Int {
        let value = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        return try #require(value).intValue
    }
}
