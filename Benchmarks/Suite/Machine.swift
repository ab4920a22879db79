import BenchmarkReport
import Foundation
import Postgres

/// Where a run took place.
enum Machine {
    static func facts(_ options: Options, _ server: Server) async throws -> [Report.Fact] {
        let postgres = try await server.connection.query("SELECT version()").only().string(0)
        let memory = ProcessInfo.processInfo.physicalMemory >> 20
        return [
            Report.Fact("commit", options.commit),
            Report.Fact("date", ISO8601DateFormatter().string(from: Date())),
            Report.Fact("cores", "\(ProcessInfo.processInfo.activeProcessorCount), shared by service, server and load"),
            Report.Fact("processor", processor() ?? "unknown"),
            Report.Fact("memory", "\(NumberText.grouped(Double(memory))) MiB"),
            Report.Fact("load before", loadAverage() ?? "unknown"),
            Report.Fact(
                "fsync", "\(NumberText.grouped(try flushes(in: options.state))) per second, one after the other"),
            Report.Fact("PostgreSQL", postgres.split(separator: " ").dropFirst().first.map(String.init) ?? postgres),
            Report.Fact("rounds", "\(options.rounds) of \(options.loadSeconds) s, interleaved"),
        ]
    }

    /// How often 8 KiB can be written to the end of a file and forced to disk in a second.
    private static func flushes(in folder: String) throws -> Double {
        let path = folder + "/fsync"
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        guard file >= 0 else { throw BenchFailure("\(path) can't be written") }
        defer {
            close(file)
            unlink(path)
        }
        let page = [UInt8](repeating: 1, count: 8_192)
        // The write-ahead log is written to files that have their length already.
        for _ in 0..<256 { _ = write(file, page, page.count) }
        fsync(file)
        var count = 0
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(1) {
            _ = pwrite(file, page, page.count, off_t(count % 256 * page.count))
            fdatasync(file)
            count += 1
        }
        return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
    }

    static func loadAverage() -> String? {
        (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first.map(String.init)
    }

    private static func processor() -> String? {
        (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?
            .split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
