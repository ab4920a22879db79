import ArgumentParser
import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A line that must not be seen by others: from the terminal, without showing it, or from standard input. Never from an
/// argument or the environment, which every process of the machine could read.
enum SecretLine {
    private static let maximumBytes = 200

    static func ask(_ prompt: String) throws -> String {
        let isTerminal = isatty(STDIN_FILENO) == 1
        var saved = termios()
        if isTerminal {
            FileHandle.standardError.write(Data("\(prompt): ".utf8))
            tcgetattr(STDIN_FILENO, &saved)
            var silent = saved
            silent.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        }
        defer {
            if isTerminal {
                tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved)
                FileHandle.standardError.write(Data("\n".utf8))
            }
        }
        let line = readUnbuffered().trimmingCharacters(in: .whitespaces)
        guard !line.isEmpty else {
            throw InputFailure(
                description: "nothing was given; wanted: \(prompt.prefix(1).lowercased() + prompt.dropFirst())")
        }
        return line
    }

    /// A byte at a time, so that what follows the line stays for whoever reads next, such as psql.
    private static func readUnbuffered() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < maximumBytes, read(STDIN_FILENO, &byte, 1) == 1, byte != UInt8(ascii: "\n") {
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
