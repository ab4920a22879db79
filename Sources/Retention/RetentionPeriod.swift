package import EventStore

/// How long something is kept: whole days, months or years of the calendar.
///
/// What was recorded on a day is kept through the day that is a period later, and goes from the next midnight (UTC) on.
/// Where the later month lacks the day, its last day takes its place.
package struct RetentionPeriod: Sendable, Hashable {
    package enum Unit: Character, Sendable {
        case days = "D"
        case months = "M"
        case years = "Y"
    }

    /// A hundred years, in days.
    package static let maximumCount: Int64 = 36_525

    package let count: Int64
    package let unit: Unit

    package init(_ count: Int64, _ unit: Unit) {
        self.count = count
        self.unit = unit
    }

    /// Reads `P90D`, `P12M`, `P7Y` (ISO 8601), in the one form in which ``text`` writes it.
    package init?(_ text: String) {
        guard text.first == "P", let unit = text.last.flatMap(Unit.init(rawValue:)),
            let count = Int64(text.dropFirst().dropLast()), (0...Self.maximumCount).contains(count)
        else { return nil }
        self.init(count, unit)
        guard self.text == text else { return nil }
    }

    package var text: String { "P\(count)\(unit.rawValue)" }

    /// The last day on which something of that day is kept.
    package func lastDay(of day: CivilDay) -> CivilDay {
        switch unit {
        case .days: day.adding(days: count)
        case .months: day.adding(months: count)
        case .years: day.adding(months: 12 * count)
        }
    }

    /// What was recorded before this instant has been kept for long enough at that time; nothing else has.
    package func cutoff(at time: EventTime) -> EventTime {
        let today = CivilDay(of: time)
        var day = RetentionPeriod(-count, unit).lastDay(of: today)
        while lastDay(of: day) < today { day = day.adding(days: 1) }
        while lastDay(of: day.adding(days: -1)) >= today { day = day.adding(days: -1) }
        return day.start
    }

    /// Whether it is never shorter than the other one, whatever the day.
    package func isAtLeast(_ other: RetentionPeriod) -> Bool {
        switch (unit, other.unit) {
        case (.days, .days): count >= other.count
        case (.days, _), (_, .days):
            // After 400 years the calendar begins anew.
            (0..<146_097).allSatisfy { lastDay(of: CivilDay(number: $0)) >= other.lastDay(of: CivilDay(number: $0)) }
        default: months >= other.months
        }
    }

    private var months: Int64 { unit == .years ? 12 * count : count }
}
