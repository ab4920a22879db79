import ArgumentParser
import Foundation

/// A file that a command reads, or standard input for `-`.
enum InputFile {
    /// - Throws: if it can't be read, or is larger than that.
    static func read(_ path: String, maximumByteCount: Int) throws -> [UInt8] {
        let data: Data?
        if path == "-" {
            data = try FileHandle.standardInput.read(upToCount: maximumByteCount + 1)
        } else {
            do {
                let file = try FileHandle(forReadingFrom: URL(filePath: path))
                defer { try? file.close() }
                data = try file.read(upToCount: maximumByteCount + 1)
            } catch {
                throw InputFailure(description: "\(path) can't be read")
            }
        }
        guard let data, !data.isEmpty else { throw InputFailure(description: "\(path) is empty") }
        guard data.count <= maximumByteCount else {
            throw InputFailure(description: "\(path) has more than \(maximumByteCount) bytes")
        }
        return Array(data)
    }
}

struct InputFailure: Error, CustomStringConvertible {
    let description: String
}
