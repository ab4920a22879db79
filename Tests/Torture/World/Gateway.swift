import Foundation
import Synchronization

/// A real gateway: the executable in a process of its own, behind a proxy of its own to the database, with a wall clock
/// that can be stepped.
final class Gateway: Sendable {
    let number: Int
    let port: Int
    let proxy: DatabaseProxy
    let clock: SteppedClock
    private let settings: Settings
    private let process = Mutex<Process?>(nil)

    struct Settings: Sendable {
        let executable: String
        let environment: [String: String]
        let log: String
    }

    init(number: Int, port: Int, proxy: DatabaseProxy, clock: SteppedClock, settings: Settings) {
        self.number = number
        self.port = port
        self.proxy = proxy
        self.clock = clock
        self.settings = settings
    }

    var url: String { "http://127.0.0.1:\(port)" }

    var pid: Int32? { process.withLock { $0.flatMap { $0.isRunning ? $0.processIdentifier : nil } } }

    func start() throws {
        guard pid == nil else { return }
        let output = FileHandle(forWritingAtPath: settings.log) ?? Shell.make(settings.log)
        guard let output else { throw TortureError("cannot write \(settings.log)") }
        defer { try? output.close() }
        _ = try? output.seekToEnd()
        let new = Process()
        new.executableURL = URL(filePath: settings.executable)
        new.arguments = ["dev", "--no-demo"]
        new.environment = settings.environment.merging(
            ["ZENTRIQ_HTTP_PORT": String(port), "ZENTRIQ_DATABASE_PORT": String(proxy.port)]
                .merging(clock.environment) { $1 }
        ) { $1 }
        new.standardInput = FileHandle.nullDevice
        new.standardOutput = output
        new.standardError = output
        try new.run()
        process.withLock { $0 = new }
    }

    func signal(_ signal: Int32) {
        if let pid { kill(pid, signal) }
    }

    /// Ends it and waits until it is gone.
    func stop(_ signal: Int32 = SIGKILL) async {
        guard let pid else { return }
        kill(pid, signal)
        while self.pid != nil { try? await Task.sleep(for: .milliseconds(5)) }
    }

    /// Resident memory in bytes; 0 if it is not running.
    var residentBytes: Int {
        guard let pid, let text = try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8) else { return 0 }
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4_096 } ?? 0
    }
}
