/// Columns under headings, in the form of a Markdown table that is readable as it stands. The first column is aligned
/// left, the others right.
package struct TextTable: Sendable {
    package let headings: [String]
    package var rows: [[String]] = []

    package init(_ headings: [String], _ rows: [[String]] = []) {
        self.headings = headings
        self.rows = rows
    }

    package var text: String {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        let rule = widths.enumerated().map { column, width in
            column == 0 ? String(repeating: "-", count: width + 2) : String(repeating: "-", count: width + 1) + ":"
        }
        return ([line(headings, widths), "|\(rule.joined(separator: "|"))|"] + rows.map { line($0, widths) })
            .joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, widths).enumerated().map { column, cell in
            let space = String(repeating: " ", count: cell.1 - cell.0.count)
            return column == 0 ? " \(cell.0)\(space) " : " \(space)\(cell.0) "
        }
        return "|\(padded.joined(separator: "|"))|"
    }
}
