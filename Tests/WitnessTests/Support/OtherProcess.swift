import Foundation

/// A process of another program, which does not outlive the test.
struct OtherProcess {
    private let process: Process
    private let output = Pipe()
    private let ended: AsyncStream<Int32>

    static func start(_ arguments: String...) throws -> OtherProcess {
        try OtherProcess(arguments)
    }

    /// - Returns: its exit status.
    static func run(_ arguments: String...) async throws -> Int32 {
        try await OtherProcess(arguments).status()
    }

    private init(_ arguments: [String]) throws {
        let (ended, ending) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.terminationHandler = {
            ending.yield($0.terminationStatus)
            ending.finish()
        }
        try process.run()
    }

    func waitForOutput() async throws {
        _ = output.fileHandleForReading.availableData
    }

    /// By SIGKILL.
    func kill() async throws {
        _ = try await OtherProcess.run("kill", "-KILL", "\(process.processIdentifier)")
        _ = await status()
    }

    private func status() async -> Int32 {
        await ended.first { _ in true } ?? -1
    }
}
