/// The text exposition format 0.0.4, read back strictly.
struct Exposition {
    struct Sample: Equatable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    enum Malformed: Error, Equatable {
        case line(String)
    }

    private(set) var types: [String: String] = [:]
    private(set) var help: [String: String] = [:]
    private(set) var samples: [Sample] = []

    init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else { throw Malformed.line("no final line end") }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            if words.count == 4, words[0] == "#", words[1] == "TYPE" {
                guard types.updateValue(words[3], forKey: words[2]) == nil else { throw Malformed.line(String(line)) }
            } else if words.count == 4, words[0] == "#", words[1] == "HELP" {
                guard help.updateValue(words[3], forKey: words[2]) == nil else { throw Malformed.line(String(line)) }
            } else {
                samples.append(try Self.sample(line))
            }
        }
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = samples.filter { $0.name == name && $0.labels == labels }
        return found.count == 1 ? found[0].value : nil
    }

    private static func sample(_ line: Substring) throws -> Sample {
        var rest = line
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            while rest.first != "}" {
                let (label, value) = try labelPair(&rest, in: line)
                guard labels.updateValue(value, forKey: label) == nil else { throw Malformed.line(String(line)) }
                if rest.first == "," { rest = rest.dropFirst() }
            }
            rest = rest.dropFirst()
        }
        guard !name.isEmpty, name.first?.isNumber == false, rest.first == " ", let value = Double(rest.dropFirst())
        else {
            throw Malformed.line(String(line))
        }
        return Sample(name: String(name), labels: labels, value: value)
    }

    private static func labelPair(_ rest: inout Substring, in line: Substring) throws -> (String, String) {
        let label = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        rest = rest.dropFirst(label.count)
        guard !label.isEmpty, label.first?.isNumber == false, rest.hasPrefix("=\"") else {
            throw Malformed.line(String(line))
        }
        rest = rest.dropFirst(2)
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
            guard character == "\\" else {
                value.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": value.append("\n")
            case "\\": value.append("\\")
            case "\"": value.append("\"")
            default: throw Malformed.line(String(line))
            }
        }
        return (String(label), value)
    }
}
