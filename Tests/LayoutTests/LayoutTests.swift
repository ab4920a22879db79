import Testing

@Suite("The layout of the project")
struct LayoutTests {
    static let lineLimit = 400
    static let sqlWords = ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "TRUNCATE "]

    @Test("every folder in Sources has an import rule, and every rule a folder")
    func rulesCoverTargets() throws {
        #expect(try Project.names(in: "Sources") == ImportRule.all.map(\.target).sorted())
    }

    @Test("rules point one way: a target names only targets above it")
    func rulesPointOneWay() {
        var above: Set<String> = []
        for rule in ImportRule.all {
            #expect(rule.ours.isSubset(of: above), "\(rule.target)")
            above.insert(rule.target)
        }
    }

    @Test("a target imports only what its rule allows", arguments: ImportRule.all.map(\.target))
    func importsFollowRules(target: String) throws {
        let rule = try #require(ImportRule.all.first { $0.target == target })
        let violations = try Project.sources(in: "Sources/\(target)").flatMap { $0.violations(of: rule) }
        #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    }

    @Test("no source file has more than 400 lines")
    func filesAreShort() throws {
        let long = try Project.sources(in: "Sources").filter { $0.lineCount > Self.lineLimit }
            .map { "\($0.path): \($0.lineCount) lines" }
        #expect(long.isEmpty, "\(long.joined(separator: "\n"))")
    }

    @Test("no SQL at the HTTP side", arguments: ["Gateway", "Edge", "Identity", "Telemetry"])
    func noSQLInGateway(target: String) throws {
        let violations = try Project.sources(in: "Sources/\(target)")
            .flatMap { $0.violations(holding: Self.sqlWords) }
        #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    }

    @Test("migrations are numbered 0001, 0002, … without a gap")
    func migrationsAreGapless() throws {
        let names = try Project.names(in: "schema").filter { $0.hasSuffix(".sql") }
        #expect(!names.isEmpty)
        for (index, name) in names.enumerated() {
            let number = String(index + 1)
            let expected = String(repeating: "0", count: 4 - number.count) + number + "_"
            #expect(name.hasPrefix(expected), "\(name) should begin with \(expected)")
        }
    }

    @Test("the README names the first two commands", arguments: ["ops/up", "ops/test"])
    func readmeNamesCommands(command: String) throws {
        #expect(try Project.text("README.md").contains(command))
    }
}
