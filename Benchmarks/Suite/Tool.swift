import Foundation

/// Programs that a run starts: load generators, which end by themselves, and servers, which it ends.
struct Tool: Sendable {
    /// Output goes to files here; so do the process ids of servers, for whoever has to clean up after this process.
    let folder: URL

    /// Runs a program to its end and gives what it printed.
    func run(_ executable: String, _ arguments: [String], _ environment: [String: String] = [:]) async throws -> String
    {
        let output = folder.appending(path: "output-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: output) }
        let process = try process(executable, arguments, environment, output: output)
        let status = try await ended(process)
        let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        guard status == 0 else {
            throw BenchFailure("\(executable) \(arguments.first ?? "") ended with \(status): \(text.suffix(2_000))")
        }
        return text
    }

    /// Starts a program that goes on until ``stop(_:)``.
    func start(
        _ name: String, _ executable: String, _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> Process {
        let process = try process(executable, arguments, environment, output: folder.appending(path: "\(name).log"))
        try Self.begin(process)
        try "\(process.processIdentifier)\n".write(
            to: pidFile(process.processIdentifier), atomically: true, encoding: .utf8)
        return process
    }

    func stop(_ process: Process) async throws {
        let pid = process.processIdentifier
        process.terminate()
        while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        try FileManager.default.removeItem(at: pidFile(pid))
    }

    private func pidFile(_ pid: Int32) -> URL { folder.appending(path: "\(pid).pid") }

    private func process(
        _ executable: String, _ arguments: [String], _ environment: [String: String], output: URL
    ) throws -> Process {
        guard FileManager.default.createFile(atPath: output.path, contents: nil) else {
            throw BenchFailure("\(output.path) can't be written")
        }
        let process = Process()
        process.executableURL = URL(filePath: executable.hasPrefix("/") ? executable : "/usr/bin/env")
        process.arguments = executable.hasPrefix("/") ? arguments : [executable] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        return process
    }

    private func ended(_ process: Process) async throws -> Int32 {
        try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try Self.begin(process) } catch { continuation.resume(throwing: error) }
        }
    }

    /// The thread that this happens to run on blocks signals, which a child inherits: pgbench would never hear that its
    /// time is over.
    private static func begin(_ process: Process) throws {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
    }
}
