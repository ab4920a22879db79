import Foundation

/// Tells on standard error what is going on: standard output is for the result.
enum Progress {
    static func say(_ text: String) {
        FileHandle.standardError.write(Data("bench: \(text)\n".utf8))
    }
}
