import CanonicalJSON
package import EventStore

/// By when a request has to be answered: within a month, says Article 12(3) of the GDPR; within 30 days, say others.
/// Whichever ends earlier.
package enum RequestDeadline {
    package static let days: Int64 = 30

    /// A month ends on the day of the same number; where the next month has no such day, on its last one
    /// (Regulation 1182/71, Article 3(2)(c)). Days are those of UTC.
    package static func due(receivedAt: EventTime) -> EventTime {
        min(receivedAt.adding(seconds: days * 86_400), monthAfter(receivedAt))
    }

    private static func monthAfter(_ time: EventTime) -> EventTime {
        // `YYYY-MM-DDThh:mm:ss.ffffffZ`
        let text = time.text
        guard let year = Int(text.prefix(4)), let month = Int(text.dropFirst(5).prefix(2)),
            let day = Int(text.dropFirst(8).prefix(2))
        else { return time.adding(seconds: days * 86_400) }
        let (nextYear, nextMonth) = month == 12 ? (year + 1, 1) : (year, month + 1)
        for candidate in stride(from: day, through: day - 3, by: -1) {
            let next = "\(padded(nextYear, 4))-\(padded(nextMonth, 2))-\(padded(candidate, 2))\(text.dropFirst(10))"
            if let microseconds = RFC3339.parse(next) { return EventTime(microseconds: microseconds) }
        }
        return time.adding(seconds: days * 86_400)
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
