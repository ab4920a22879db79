/// Names, labels and values as the text exposition format 0.0.4 writes them.
enum MetricText {
    private static let prefix = "zentriq_"

    /// `label` with every character a metric name cannot have replaced by `_`, with the common prefix and `suffix`
    /// unless it has them.
    static func metricName(_ label: String, suffix: String) -> String {
        var name = sanitised(label, allowingColon: true)
        if !name.hasPrefix(prefix) { name = prefix + name }
        if !name.hasSuffix(suffix) { name += suffix }
        return name
    }

    /// The labels in the order of their names, `a="1",b="2"`. Of two with one name the first counts: a name that
    /// occurs twice would make Prometheus refuse the whole scrape.
    static func labels(_ dimensions: [(String, String)]) -> String {
        guard !dimensions.isEmpty else { return "" }
        let named = dimensions.map { (labelName($0.0), $0.1) }
        let values = Dictionary(named, uniquingKeysWith: { first, _ in first })
        return values.sorted { $0.key < $1.key }.map { #"\#($0.key)="\#(escapedValue($0.value))""# }
            .joined(separator: ",")
    }

    static func escapedHelp(_ text: String) -> String {
        escaped(text, quote: false)
    }

    /// One line of the format.
    static func appendSample(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += name
        if !labels.isEmpty { text += "{\(labels)}" }
        text += " \(value)\n"
    }

    static func value(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? value.description
    }

    /// `le`, and names that begin with two underscores, belong to Prometheus itself.
    private static func labelName(_ name: String) -> String {
        var name = sanitised(name, allowingColon: false)
        if name == "le" || name.hasPrefix("__") { name = "exported_" + name }
        if name.isEmpty || ("0"..."9").contains(name.unicodeScalars.first ?? "0") { name = "_" + name }
        return name
    }

    private static func sanitised(_ name: String, allowingColon: Bool) -> String {
        var sanitised = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": sanitised.append(scalar)
            case ":" where allowingColon: sanitised.append(scalar)
            default: sanitised.append("_")
            }
        }
        return String(sanitised)
    }

    private static func escapedValue(_ text: String) -> String {
        escaped(text, quote: true)
    }

    private static func escaped(_ text: String, quote: Bool) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: #"\\"#.unicodeScalars)
            case "\n": escaped.append(contentsOf: #"\n"#.unicodeScalars)
            case "\"" where quote: escaped.append(contentsOf: #"\""#.unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
