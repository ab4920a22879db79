/// A ratio that a goal is set for.
package struct Figure: Sendable, Encodable {
    package enum Goal: Sendable, Equatable {
        case atLeast(Double)
        case atMost(Double)

        package func isMet(by value: Double) -> Bool {
            switch self {
            case .atLeast(let bound): value >= bound
            case .atMost(let bound): value <= bound
            }
        }

        package var text: String {
            switch self {
            case .atLeast(let bound): "≥ \(Self.plain(bound))"
            case .atMost(let bound): "≤ \(Self.plain(bound))"
            }
        }

        private static func plain(_ bound: Double) -> String {
            bound == bound.rounded() ? String(Int(bound)) : String(bound)
        }
    }

    package let name: String
    package let goal: Goal
    /// Such as `×` or `MiB`.
    package let unit: String
    package let values: Spread
    /// What has to be known to read the number.
    package let note: String?

    package init(_ name: String, _ goal: Goal, unit: String = "×", _ values: Spread, note: String? = nil) {
        self.name = name
        self.goal = goal
        self.unit = unit
        self.values = values
        self.note = note
    }

    package var isMet: Bool { goal.isMet(by: values.median) }

    private enum Keys: String, CodingKey {
        case name, goal, unit, median, minimum, maximum, rounds, met, note
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Keys.self)
        try members.encode(name, forKey: .name)
        try members.encode(goal.text, forKey: .goal)
        try members.encode(unit, forKey: .unit)
        try members.encode(values.median, forKey: .median)
        try members.encode(values.minimum, forKey: .minimum)
        try members.encode(values.maximum, forKey: .maximum)
        try members.encode(values.rounds, forKey: .rounds)
        try members.encode(isMet, forKey: .met)
        try members.encodeIfPresent(note, forKey: .note)
    }
}
