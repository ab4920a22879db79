import Foundation

/// A file of the project as text, or a sample that stands for one.
struct SourceFile {
    let path: String
    let lines: [Substring]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The end of the last line is not the start of another.
    var lineCount: Int { lines.last?.isEmpty == true ? lines.count - 1 : lines.count }

    /// Modules imported, with their line numbers from 1.
    var imports: [(line: Int, module: String)] {
        lines.enumerated().flatMap { index, line in
            line.prefix(upTo: Self.commentStart(in: line)).split(separator: ";")
                .compactMap { Self.module(importedBy: $0).map { (index + 1, $0) } }
        }
    }

    /// Places that break `rule`, as `path:line: why`.
    func violations(of rule: ImportRule) -> [String] {
        imports.filter { !rule.allows($0.module) }
            .map { "\(path):\($0.line): \(rule.target) must not import \($0.module)" }
    }

    /// Lines that hold one of the words outside a comment, as `path:line: why`.
    func violations(holding words: [String]) -> [String] {
        lines.enumerated().flatMap { index, line in
            let code = line.prefix(upTo: Self.commentStart(in: line))
            return words.filter { code.contains($0) }.map { "\(path):\(index + 1): holds “\($0)”" }
        }
    }

    /// Where `//` begins; one inside a text, as in a URL, follows a colon.
    private static func commentStart(in line: Substring) -> Substring.Index {
        var from = line.startIndex
        while let found = line[from...].firstRange(of: "//") {
            if found.lowerBound == line.startIndex || line[line.index(before: found.lowerBound)] != ":" {
                return found.lowerBound
            }
            from = found.upperBound
        }
        return line.endIndex
    }

    private static let accessLevels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "actor", "func", "let", "var",
    ]

    private static func module(importedBy statement: Substring) -> String? {
        var words = statement.split(whereSeparator: \.isWhitespace)[...]
        words = words.drop { $0.hasPrefix("@") || accessLevels.contains($0) }
        guard words.popFirst() == "import" else { return nil }
        if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
        return words.first?.split(separator: ".").first.map { $0.filter { $0 != "`" } }
    }
}
