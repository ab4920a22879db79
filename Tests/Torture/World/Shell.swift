import Foundation

/// Runs commands to their end.
enum Shell {
    /// - Throws: what it said, if it did not end with 0.
    @discardableResult
    static func run(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
        log: String
    ) async throws -> Int32 {
        guard let output = FileHandle(forWritingAtPath: log) ?? make(log) else {
            throw TortureError("cannot write \(log)")
        }
        defer { try? output.close() }
        _ = try? output.seekToEnd()
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else {
            throw TortureError("\(executable) \(arguments.joined(separator: " ")) ended with \(status); read \(log)")
        }
        return status
    }

    static func make(_ path: String) -> FileHandle? {
        guard FileManager.default.createFile(atPath: path, contents: nil) else { return nil }
        return FileHandle(forWritingAtPath: path)
    }
}
