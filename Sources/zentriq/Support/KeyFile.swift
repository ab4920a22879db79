import Gateway
import SecretFiles
import TransparencyLog

/// A private key of a log or of a witness, in a file that nobody else may read.
enum KeyFile {
    /// Makes a new file with mode 0400.
    static func create(_ path: String, _ key: String) throws {
        let isNew: Bool
        do { isNew = try SecretFile.create(path, key + "\n") } catch {
            throw Settings.Failure(description: "\(path) can't be made: \(error)")
        }
        guard isNew else { throw Settings.Failure(description: "\(path) exists; name a new file") }
    }

    /// The text in the file.
    ///
    /// - Parameters:
    ///   - owner: whose key it is, `log` or `witness`.
    ///   - nameOption: that of the command which makes one.
    static func read(_ path: String, of owner: String, nameOption: String) throws -> String {
        let text: String?
        do { text = try SecretFile.read(path) } catch {
            throw Settings.Failure(description: "the \(owner)'s key can't be read from \(path): \(error)")
        }
        guard let text else {
            throw Settings.Failure(
                description: "there is no \(owner) key at \(path); "
                    + "make one: zentriq keys \(owner) generate --\(nameOption) NAME \(path)")
        }
        return text
    }

    /// Reads what a file or a variable holds.
    static func parse<Key>(
        _ text: String, from source: String, of owner: String, _ read: (String) throws(NoteKeyError) -> Key
    ) throws -> Key {
        let line = text.hasSuffix("\n") ? String(text.dropLast()) : text
        do { return try read(line) } catch {
            throw Settings.Failure(description: "\(source) holds no \(owner) key (\(error))")
        }
    }

    /// Reads the option that names a key.
    static func name(_ text: String, option: String) throws -> KeyName {
        guard let name = try? KeyName(text) else {
            throw Settings.Failure(
                description: "--\(option) '\(text)' can't be a key's name: no spaces, no plus sign")
        }
        return name
    }
}
