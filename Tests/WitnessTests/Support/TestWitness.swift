import DurableFiles
import Edge
import Foundation
import LogTesting
import Logging
import NIOCore
import ServiceLifecycle
import TransparencyLog

@testable import Witness

/// A witness of one log, in a folder that goes away with the test.
struct TestWitness: Sendable {
    static let time: UInt64 = 1_700_000_000

    let folder: String
    let cosigner: Cosigner
    let logs: [NoteVerifier]
    let recorder = LogRecorder()

    static func with<Value>(
        logs: [NoteVerifier]? = nil, _ body: (TestWitness) async throws -> Value
    ) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "witness-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(
            TestWitness(
                folder: folder.path,
                cosigner: Cosigner(name: KeyName("witness.example/w1"), seed: [UInt8](repeating: 3, count: 32)),
                logs: logs ?? [MemoryLog().signer.verifier]))
    }

    /// Opens the folder, as a start of the witness does.
    func open(_ other: Cosigner? = nil, time: UInt64 = time) throws -> WitnessStore {
        try WitnessStore(
            folder: folder, cosigner: other ?? cosigner, logs: logs, clock: { time }, logger: recorder.logger)
    }

    /// A process that another test starts has everything open for a moment that is open here, the folder's lock too.
    func reopen() async throws -> WitnessStore {
        while true {
            do {
                return try open()
            } catch StateFolderError.inUse {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    func path(_ file: String) -> String { "\(folder)/\(file)" }

    var files: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } }

    /// The file of the sample log.
    var file: StateFile { get throws { try StateFile(MemoryLog().signer.verifier.key.name) } }

    /// Serves for as long as the body lasts, and shuts down gracefully.
    func serving<Value: Sendable>(
        tls: ServerSettings.TLS? = nil,
        rate: TenantRateLimiter.Limits = .init(requestsPerSecond: 100_000, burst: 100_000),
        _ body: @Sendable @escaping (_ url: String) async throws -> Value
    ) async throws -> Value {
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let server = try WitnessServer.application(
            store: try open(), settings: ServerSettings(port: 0, tls: tls), rate: rate, logger: recorder.logger
        ) { running.yield($0.localAddress?.port ?? 0) }
        return try await withServices([server], logger: recorder.logger) {
            guard let port = await ports.first(where: { _ in true }) else { throw NotStarted() }
            return try await body("\(tls == nil ? "http" : "https")://127.0.0.1:\(port)")
        }
    }
}

struct NotStarted: Error {}

/// Runs services for as long as the body lasts.
func withServices<Value: Sendable>(
    _ services: [any Service], logger: Logger, _ body: @Sendable @escaping () async throws -> Value
) async throws -> Value {
    let group = ServiceGroup(services: services, logger: logger)
    return try await withThrowingTaskGroup(of: Value?.self) { tasks in
        tasks.addTask {
            try await group.run()
            return nil
        }
        tasks.addTask { try await body() }
        var result: Value?
        for try await value in tasks {
            guard let value else { continue }
            result = value
            await group.triggerGracefulShutdown()
        }
        guard let result else { throw NotStarted() }
        return result
    }
}
