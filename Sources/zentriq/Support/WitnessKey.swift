import Gateway
import SecretFiles
import TransparencyLog

/// A witness's private key, in a file that nobody else may read.
enum WitnessKey {
    static func read(_ path: String) throws -> Cosigner {
        let text: String?
        do { text = try SecretFile.read(path) } catch {
            throw Settings.Failure(description: "the witness's key can't be read from \(path): \(error)")
        }
        guard let text else {
            throw Settings.Failure(
                description:
                    "there is no witness key at \(path); make one: zentriq keys witness generate --name NAME \(path)")
        }
        let line = text.hasSuffix("\n") ? String(text.dropLast()) : text
        do { return try Cosigner(parsingPrivateKey: line) } catch {
            throw Settings.Failure(description: "\(path) holds no witness key (\(error))")
        }
    }
}
