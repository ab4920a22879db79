import Foundation

/// Tells on standard error what is going on: standard output is for the result.
enum Progress {
    private static let start = ContinuousClock.now

    /// With the seconds since the first one.
    static func say(_ text: String) {
        let seconds = Int((ContinuousClock.now - start) / .seconds(1))
        FileHandle.standardError.write(Data("bench: \(seconds) s: \(text)\n".utf8))
    }
}
