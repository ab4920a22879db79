import BenchmarkReport
import Foundation
import Testing

struct ReportTests {
    @Test(
        "A goal is met at its bound",
        arguments: [
            (Figure.Goal.atLeast(0.9), 0.9, true), (.atLeast(0.9), 0.89, false), (.atMost(5), 5, true),
            (.atMost(5), 5.1, false),
        ])
    func goals(goal: Figure.Goal, value: Double, isMet: Bool) {
        #expect(goal.isMet(by: value) == isMet)
    }

    @Test(
        "Numbers are written as people read them",
        arguments: [
            (0.0, "0.00"), (0.555, "0.56"), (9.999, "10.00"), (12.34, "12.3"), (123.4, "123"), (1_234_567, "1,234,567"),
            (-0.5, "-0.50"), (-1_234, "-1,234"),
        ])
    func numbers(value: Double, text: String) {
        #expect(NumberText.short(value) == text)
    }

    @Test("A number that is none is written as nothing", arguments: [nil, Double.nan, .infinity])
    func noNumbers(value: Double?) {
        #expect(NumberText.short(value).isEmpty && NumberText.grouped(value).isEmpty)
    }

    @Test("A ratio is taken round by round, against the best of several")
    func ratios() throws {
        func row(_ name: String, _ rates: [Int]) -> LoadRow {
            LoadRow(name, rates.map { LoadSample(operations: $0, seconds: 1) })
        }
        let figures = LoadFigures([row("ours", [10, 30]), row("slow", [1, 1]), row("fast", [20, 20])])
        #expect(figures.ratio("ours", to: ["slow", "fast"])?.rounds == [0.5, 1.5])
        #expect(figures.ratio("ours", to: ["none"]) == nil)
        #expect(figures.ratio("none", to: ["slow"]) == nil)
    }

    @Test("The columns of a table stand under their headings")
    func table() {
        let table = TextTable(["load", "≥"], [["a", "10"], ["long name", "1"]])
        #expect(
            table.text == """
                | load      |  ≥ |
                |-----------|---:|
                | a         | 10 |
                | long name |  1 |
                """)
    }

    @Test("Text and JSON tell the same")
    func formats() throws {
        var report = Report()
        report.environment = [Report.Fact("cores", "2")]
        report.figures = [Figure("debits", .atLeast(1), try #require(Spread([0.5, 2, 3])), note: "a note")]
        report.loads = [LoadRow("floor", [LoadSample(operations: 10, seconds: 2)])]
        report.notes = ["Mind this."]
        #expect(report.text.contains("| debits (a note) | ≥ 1 × | 2.00 × | 0.50–3.00 | yes |"))
        let json = try #require(try JSONSerialization.jsonObject(with: report.json()) as? [String: Any])
        let figure = try #require((json["figures"] as? [[String: Any]])?.first)
        #expect(figure["met"] as? Bool == true)
        #expect(figure["median"] as? Double == 2)
        #expect((json["loads"] as? [[String: Any]])?.count == 1)
    }
}
