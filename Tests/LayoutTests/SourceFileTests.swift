import Testing

@Suite("The layout checker itself")
struct SourceFileTests {
    static let rule = ImportRule("Sample", ours: ["EventStore"], others: ["Crypto"])

    @Test(
        "finds the module of every form of import",
        arguments: [
            ("import Foundation", "Foundation"), ("  import\tFoundation  ", "Foundation"),
            ("public import Foundation", "Foundation"), ("package import Foundation // why", "Foundation"),
            ("@preconcurrency import Foundation", "Foundation"), ("@testable public import Foundation", "Foundation"),
            ("import struct Foundation.Date", "Foundation"), ("import Foundation.NSDate", "Foundation"),
            ("import `Foundation`", "Foundation"), ("import Foundation;", "Foundation"),
        ])
    func formsOfImport(line: String, module: String) {
        #expect(SourceFile(path: "Sample.swift", text: line).imports.map(\.module) == [module])
    }

    @Test(
        "takes no other line for an import",
        arguments: [
            "", "// import Foundation", "/// import Foundation", "let text = \"import Foundation\"",
            "importFoundation()",
            "#if canImport(Foundation)", "import", "let import1 = 2", "#include <libpq-fe.h>",
        ])
    func notAnImport(line: String) {
        #expect(SourceFile(path: "Sample.swift", text: line).imports.isEmpty)
    }

    @Test("reports a forbidden import with file and line")
    func plantedImport() {
        let file = SourceFile(
            path: "Sources/Sample/Bad.swift",
            text: "// A sample.\nimport Crypto\nimport EventStore; import Gateway\n\npublic import Foundation\n")
        #expect(
            file.violations(of: Self.rule) == [
                "Sources/Sample/Bad.swift:3: Sample must not import Gateway",
                "Sources/Sample/Bad.swift:5: Sample must not import Foundation",
            ])
    }

    @Test("without a list of other modules, allows any that is not ours")
    func openRule() {
        let file = SourceFile(path: "Open.swift", text: "import Foundation\nimport NIOCore\nimport Postgres\n")
        #expect(file.violations(of: ImportRule("Open")) == ["Open.swift:3: Open must not import Postgres"])
    }

    @Test("reports SQL in code, not in comments")
    func plantedSQL() {
        let file = SourceFile(
            path: "Bad.swift",
            text: "// SELECT one\nlet url = \"https://a/b\"; let sql = \"SELECT 1\"\nlet x = 1 // INSERT INTO nothing\n"
        )
        #expect(
            file.violations(holding: LayoutTests.sqlWords)
                == ["Bad.swift:2: holds “SELECT ”"])
    }

    @Test(
        "counts lines as an editor does",
        arguments: [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\n\n", 2)])
    func lineCount(text: String, count: Int) {
        #expect(SourceFile(path: "Sample.swift", text: text).lineCount == count)
    }
}
