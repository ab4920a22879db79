import Foundation
import SecretFiles

/// The folder with the key-encryption key: one file for each version, `1.key`, `2.key`…, that nobody else may read.
package struct KeyFolder: KeyEncryptionProvider {
    /// Versions that may be at hand at the same time.
    package static let maximumVersions = 64

    package let path: String
    package let name = "folder"
    package var place: String { path }

    package init(path: String) {
        self.path = path
    }

    package var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Throws what is wrong with the folder, or with the first file that is wrong. Files of other names are none of ours.
    package func load() throws(KeyProviderError) -> [any WrappingKey] {
        var keys: [any WrappingKey] = []
        let versions = try versions()
        guard versions.count <= Self.maximumVersions else { throw KeyProviderError("\(path) holds too many keys") }
        for version in versions {
            let file = file(version)
            let text: String?
            do { text = try SecretFile.read(file) } catch { throw KeyProviderError("\(file): \(error)") }
            guard let text, let key = KeyEncryptionKey(version: version, parsing: text) else {
                throw KeyProviderError("\(file): does not hold 32 bytes in Base64")
            }
            keys.append(key)
        }
        return keys
    }

    /// The same, ready for use.
    package func read() throws(KeyProviderError) -> KeyEncryptionKeys {
        guard let keys = KeyEncryptionKeys(try load(), from: self) else { throw isEmpty }
        return keys
    }

    /// Makes the next version.
    package func generate() throws(KeyProviderError) -> any WrappingKey {
        let newest = try versions().last ?? 0
        guard newest < Int32.max else { throw KeyProviderError("\(path): there is no version after \(newest)") }
        return try generate(version: newest + 1)
    }

    /// In a file with mode 0400. The folder is made if it is not there, with mode 0700.
    package func generate(version: Int32) throws(KeyProviderError) -> any WrappingKey {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw KeyProviderError("\(path) can't be made")
        }
        let key = KeyEncryptionKey(randomWithVersion: version)
        let file = file(version)
        let isNew: Bool
        do { isNew = try SecretFile.create(file, key.text + "\n") } catch {
            throw KeyProviderError("\(file): \(error)")
        }
        guard isNew else { throw KeyProviderError("\(file) was made by somebody else at the same time; try again") }
        return key
    }

    /// Writes over the file, and takes it away. What a disk that writes elsewhere, or a snapshot, still has of it, nobody
    /// can say.
    package func destroy(version: Int32) throws(KeyProviderError) {
        let file = file(version)
        do { try SecretFile.destroy(file) } catch { throw KeyProviderError("\(file): \(error)") }
    }

    private func file(_ version: Int32) -> String { "\(path)/\(version).key" }

    /// Those for which there is a file, in order.
    private func versions() throws(KeyProviderError) -> [Int32] {
        guard exists else { return [] }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw KeyProviderError("\(path) can't be read")
        }
        return names.compactMap { name in
            guard name.hasSuffix(".key"), let version = Int32(name.dropLast(4)), version > 0,
                name == "\(version).key"
            else { return nil }
            return version
        }.sorted()
    }
}
