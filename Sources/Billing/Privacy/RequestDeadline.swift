package import EventStore
import Retention

/// By when a request has to be answered: within a month, says Article 12(3) of the GDPR; within 30 days, say others.
/// Whichever ends earlier.
package enum RequestDeadline {
    package static let days: Int64 = 30

    /// A month ends on the day of the same number; where the next month has no such day, on its last one
    /// (Regulation 1182/71, Article 3(2)(c)). Days are those of UTC.
    package static func due(receivedAt: EventTime) -> EventTime {
        let day = CivilDay(of: receivedAt)
        let monthDays = day.adding(months: 1).number - day.number
        return receivedAt.adding(seconds: min(days, monthDays) * 86_400)
    }
}
