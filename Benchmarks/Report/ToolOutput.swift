import Foundation

/// What the load generators print.
package enum ToolOutput {
    /// The last line of the script that wrk runs.
    package struct Wrk: Sendable, Decodable, Equatable {
        package let requests: Int
        package let microseconds: Int
        /// Captures sent that were not sent before.
        package let fresh: Int
        /// Answers of 400 and above.
        package let refused: Int
        /// Connections that failed, and requests without an answer in time.
        package let broken: Int
        /// Microseconds.
        package let p50: Double
        package let p99: Double
        package let p999: Double

        package init?(output: String) {
            guard let line = output.split(separator: "\n").last(where: { $0.hasPrefix("{") }),
                let value = try? JSONDecoder().decode(Wrk.self, from: Data(line.utf8))
            else { return nil }
            self = value
        }

        package var sample: LoadSample {
            LoadSample(
                operations: requests, seconds: Double(microseconds) / 1e6,
                latency: LoadSample.Latency(p50: p50 / 1e3, p99: p99 / 1e3, p999: p999 / 1e3))
        }
    }

    /// Transactions and their rate, without the time to connect, of pgbench's summary.
    package static func pgbench(_ output: String) -> LoadSample? {
        var operations: Int?
        var rate: Double?
        for line in output.split(separator: "\n") {
            if line.hasPrefix("number of transactions actually processed: ") {
                operations = Int(line.dropFirst(43).prefix { $0.isNumber })
            } else if line.hasPrefix("tps = ") {
                rate = Double(line.dropFirst(6).prefix { $0 != " " })
            }
        }
        guard let operations, let rate, rate > 0 else { return nil }
        return LoadSample(operations: operations, seconds: Double(operations) / rate)
    }

    /// `/proc/PID/stat` (proc(5)).
    package struct ProcessStatus: Sendable, Equatable {
        package let parent: Int32
        /// Clock ticks of the process, user and system.
        package let own: Int
        /// Of its children that have ended and were waited for.
        package let children: Int

        package init?(_ line: String) {
            // The name stands in parentheses and may hold anything, parentheses too.
            guard let end = line.lastIndex(of: ")") else { return nil }
            let fields = line[line.index(after: end)...].split(separator: " ")
            guard fields.count > 14, let parent = Int32(fields[1]) else { return nil }
            let ticks = fields[11...14].compactMap { Int($0) }
            guard ticks.count == 4 else { return nil }
            self.parent = parent
            own = ticks[0] + ticks[1]
            children = ticks[2] + ticks[3]
        }
    }
}
