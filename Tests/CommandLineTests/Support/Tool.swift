import Foundation

/// The executable as it was built beside the tests.
enum Tool {
    struct Output: Sendable {
        let status: Int32
        let text: String
        let errors: String
    }

    /// Runs it with this environment and no other, in a folder that holds nothing it could find.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: [UInt8] = []
    ) async throws -> Output {
        try await withTemporaryFolder { folder in
            let (input, output, errors) = try (
                file(folder, "in", Data(input)), file(folder, "out"), file(folder, "err")
            )
            let process = Process()
            process.executableURL = Bundle.main.bundleURL.appending(path: "zentriq")
            process.arguments = arguments
            process.environment = environment
            process.currentDirectoryURL = folder
            process.standardInput = try FileHandle(forReadingFrom: input)
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = try FileHandle(forWritingTo: errors)
            let status: Int32 = try await withCheckedThrowingContinuation { continuation in
                process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
                do { try process.run() } catch { continuation.resume(throwing: error) }
            }
            return Output(
                status: status, text: try String(contentsOf: output, encoding: .utf8),
                errors: try String(contentsOf: errors, encoding: .utf8))
        }
    }

    private static func file(_ folder: URL, _ name: String, _ content: Data = Data()) throws -> URL {
        let file = folder.appending(path: name)
        try content.write(to: file)
        return file
    }
}

/// Runs `body` with a new folder, which is gone afterwards.
func withTemporaryFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "zentriq-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}
