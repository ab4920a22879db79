import Foundation
import Synchronization

/// Progress of long work on standard error: one line that is rewritten on a terminal, a plain line every few seconds
/// elsewhere. With rate and time to go.
final class ProgressLine: Sendable {
    private struct State {
        var shown: ContinuousClock.Instant?
        var first: (done: Int64, at: ContinuousClock.Instant)?
    }

    private let title: String
    private let unit: String
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex(State())

    init(_ title: String, unit: String) {
        self.title = title
        self.unit = unit
    }

    func show(_ done: Int64, of total: Int64) {
        let now = ContinuousClock.now
        let pause: Duration = isTerminal ? .milliseconds(200) : .seconds(5)
        let line = state.withLock { state -> String? in
            let first = state.first ?? (done, now)
            state.first = first
            if let shown = state.shown, now - shown < pause { return nil }
            state.shown = now
            let seconds = (now - first.at) / .seconds(1)
            guard seconds > 0, done > first.done else { return "\(title): \(done) of \(total) \(unit)" }
            let rate = Double(done - first.done) / seconds
            let left = Int64(Double(max(0, total - done)) / rate)
            return "\(title): \(done) of \(total) \(unit), \(Int64(rate)) a second, \(left) s to go"
        }
        if let line { write(isTerminal ? "\r\u{1B}[K" + line : line + "\n") }
    }

    func finish() {
        if isTerminal, state.withLock({ $0.shown }) != nil { write("\r\u{1B}[K") }
    }

    /// A step of work that can't be counted.
    static func say(_ step: String) {
        FileHandle.standardError.write(Data((step + "\n").utf8))
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
