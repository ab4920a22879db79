import Foundation
import SecretFiles

/// The folder with the key-encryption key: one file for each version, `1.key`, `2.key`…, that nobody else may read.
package struct KeyFolder: Sendable {
    /// Versions that may be at hand at the same time.
    package static let maximumVersions = 64

    package let path: String

    package init(path: String) {
        self.path = path
    }

    package var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// All versions. Throws what is wrong with the folder, or with the first file that is wrong: a key that can't be
    /// used is not left out in silence. Files of other names are none of ours.
    package func read() throws(KeyFolderError) -> KeyEncryptionKeys {
        var keys: [KeyEncryptionKey] = []
        let versions = try versions()
        guard versions.count <= Self.maximumVersions else { throw KeyFolderError("\(path) holds too many keys") }
        for version in versions {
            let file = file(version)
            let text: String?
            do { text = try SecretFile.read(file) } catch { throw KeyFolderError("\(file): \(error)") }
            guard let text, let key = KeyEncryptionKey(version: version, parsing: text) else {
                throw KeyFolderError("\(file): does not hold 32 bytes in Base64")
            }
            keys.append(key)
        }
        guard let keys = KeyEncryptionKeys(keys) else {
            throw KeyFolderError(
                "there is no key-encryption key in \(path); make one: zentriq keys kek generate \(path)")
        }
        return keys
    }

    /// Makes the next version, in a file with mode 0400. The folder is made if it is not there, with mode 0700.
    package func generate() throws(KeyFolderError) -> KeyEncryptionKey {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw KeyFolderError("\(path) can't be made")
        }
        let newest = try versions().last ?? 0
        guard newest < Int32.max else { throw KeyFolderError("\(path): there is no version after \(newest)") }
        let key = KeyEncryptionKey(randomWithVersion: newest + 1)
        let file = file(key.version)
        let isNew: Bool
        do { isNew = try SecretFile.create(file, key.text + "\n") } catch { throw KeyFolderError("\(file): \(error)") }
        guard isNew else { throw KeyFolderError("\(file) was made by somebody else at the same time; try again") }
        return key
    }

    private func file(_ version: Int32) -> String { "\(path)/\(version).key" }

    /// Those for which there is a file, in order.
    private func versions() throws(KeyFolderError) -> [Int32] {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw KeyFolderError("\(path) can't be read; make it: zentriq keys kek generate \(path)")
        }
        return names.compactMap { name in
            guard name.hasSuffix(".key"), let version = Int32(name.dropLast(4)), version > 0,
                name == "\(version).key"
            else { return nil }
            return version
        }.sorted()
    }
}

/// What is wrong with the folder, in words.
package struct KeyFolderError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
