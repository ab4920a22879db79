/// Reads the service's configuration, all of which stands in environment variables that begin with `ZENTRIQ_`.
package struct Settings: Sendable {
    /// What is wrong with the configuration: which variable, and what it should be.
    package struct Failure: Error, CustomStringConvertible, Equatable {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    private let values: [String: String]

    package init(_ values: [String: String]) {
        self.values = values
    }

    /// An empty value is no value.
    package func optional(_ name: String) -> String? {
        guard let value = values["ZENTRIQ_\(name)"], !value.isEmpty else { return nil }
        return value
    }

    package func string(_ name: String, default fallback: String? = nil) throws(Failure) -> String {
        guard let value = optional(name) ?? fallback else {
            throw Failure(description: "ZENTRIQ_\(name) is not set; see the table of settings in README.md")
        }
        return value
    }

    package func integer(
        _ name: String, in range: ClosedRange<Int>, default fallback: Int
    ) throws(Failure) -> Int {
        guard let text = optional(name) else { return fallback }
        guard let value = Int(text), range.contains(value) else {
            throw Failure(
                description: "ZENTRIQ_\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    package func flag(_ name: String) throws(Failure) -> Bool {
        switch optional(name) {
        case nil, "false", "0", "no": false
        case "true", "1", "yes": true
        default: throw Failure(description: "ZENTRIQ_\(name) must be true or false")
        }
    }
}
