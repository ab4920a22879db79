import ArgumentParser
import Foundation
import Gateway

/// A line that must not be seen by others: from the terminal, without showing it, or from standard input. Never from an
/// argument or the environment, which every process of the machine could read.
enum SecretLine {
    private static let maximumBytes = 200

    static func read(_ prompt: String) throws -> String {
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
        let line = readLine()?.trimmingCharacters(in: .whitespaces) ?? ""
        guard !line.isEmpty, line.utf8.count <= maximumBytes else {
            throw InputFailure(description: "no code: \(prompt.prefix(1).lowercased() + prompt.dropFirst()) is wanted")
        }
        return line
    }
}
