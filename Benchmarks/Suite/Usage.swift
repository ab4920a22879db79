import BenchmarkReport
import Foundation

/// Processor time used so far, in microseconds, from /proc.
enum Usage {
    private static let microsecondsATick = 1_000_000 / Double(sysconf(Int32(_SC_CLK_TCK)))

    /// Of one process.
    static func of(_ process: Int32) -> Double {
        Double(status(process)?.own ?? 0) * microsecondsATick
    }

    /// Of a server with all the children it has and has had.
    static func ofFamily(_ parent: Int32) -> Double {
        guard let root = status(parent) else { return 0 }
        var ticks = root.own + root.children
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        for process in processes.compactMap({ Int32($0) }) {
            if let child = status(process), child.parent == parent { ticks += child.own + child.children }
        }
        return Double(ticks) * microsecondsATick
    }

    /// Kilobytes of memory: what a process holds now, and the most it ever held.
    static func memory(of process: Int32) -> (resident: Int, peak: Int)? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
        func value(_ name: String) -> Int? {
            text.split(separator: "\n").first { $0.hasPrefix(name + ":") }?
                .split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }
        }
        guard let resident = value("VmRSS"), let peak = value("VmHWM") else { return nil }
        return (resident, peak)
    }

    private static func status(_ process: Int32) -> ToolOutput.ProcessStatus? {
        (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)).flatMap {
            ToolOutput.ProcessStatus($0)
        }
    }
}
