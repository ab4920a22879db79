package import Foundation

/// All that a run has to say: where it ran, which goals it met, and what each load gave and cost.
package struct Report: Sendable, Encodable {
    package struct Fact: Sendable, Encodable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package var environment: [Fact] = []
    package var figures: [Figure] = []
    package var loads: [LoadRow] = []
    package var notes: [String] = []

    package init() {}

    package var text: String {
        var parts = [environment.map { "\($0.name): \($0.value)" }.joined(separator: "\n")]
        if !figures.isEmpty { parts.append(figureTable.text) }
        if !loads.isEmpty { parts.append(TextTable(LoadRow.columns, loads.map(\.cells)).text) }
        if !notes.isEmpty { parts.append(notes.map { "- \($0)" }.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
    }

    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    private var figureTable: TextTable {
        TextTable(
            ["figure", "goal", "median", "spread", "met"],
            figures.map { figure in
                let values = figure.values
                return [
                    figure.note.map { "\(figure.name) (\($0))" } ?? figure.name,
                    "\(figure.goal.text) \(figure.unit)",
                    "\(NumberText.short(values.median)) \(figure.unit)",
                    "\(NumberText.short(values.minimum))–\(NumberText.short(values.maximum))",
                    figure.isMet ? "yes" : "no",
                ]
            })
    }
}
