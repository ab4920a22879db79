/// Numbers as people read them; nothing where there is none.
package enum NumberText {
    /// Whole, with a comma every three digits.
    package static func grouped(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "" }
        let digits = Array(String(Int(value.rounded().magnitude)))
        var text = value.rounded() < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// Three significant digits or so.
    package static func short(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "" }
        let places = value.magnitude < 10 ? 2 : value.magnitude < 100 ? 1 : 0
        return fixed(value, places)
    }

    static func fixed(_ value: Double, _ places: Int) -> String {
        guard places > 0 else { return grouped(value) }
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((value.magnitude * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let padding = String(repeating: "0", count: places - fraction.count)
        return "\(value < 0 && scaled > 0 ? "-" : "")\(scaled / scale).\(padding)\(fraction)"
    }
}
