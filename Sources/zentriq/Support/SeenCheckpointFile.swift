import Foundation
import Gateway
import Verification

/// Where the checkpoint of the last good verification is kept: beside the service's data, or wherever an auditor wants
/// it, best on another machine.
struct SeenCheckpointFile {
    private static let maximumByteCount = 1 << 20

    let path: String

    /// The checkpoint, or nil if there is no such file.
    func read() throws -> SeenCheckpoint? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes = try InputFile.read(path, maximumByteCount: Self.maximumByteCount)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InputFailure(description: "\(path) is not a text")
        }
        do { return try SeenCheckpoint(parsing: text) } catch {
            throw InputFailure(description: "\(path): \(error); if it is lost, delete it and begin anew")
        }
    }

    /// In the place of the last one, whole or not at all.
    func write(_ checkpoint: SeenCheckpoint) throws {
        do { try Data(checkpoint.text.utf8).write(to: URL(filePath: path), options: .atomic) } catch {
            throw InputFailure(description: "\(path) can't be written")
        }
    }
}
