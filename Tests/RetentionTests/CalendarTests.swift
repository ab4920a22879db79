import EventStore
import Foundation
import Retention
import Testing

@Suite("The calendar of retention")
struct CalendarTests {
    @Test(
        "something is kept through the last day and gone from the next on",
        arguments: [
            ("2025-01-01", "P90D", "2025-04-01"), ("2024-01-01", "P90D", "2024-03-31"),
            ("2024-02-29", "P12M", "2025-02-28"), ("2023-02-28", "P12M", "2024-02-28"),
            ("2023-03-01", "P12M", "2024-03-01"), ("2024-03-31", "P12M", "2025-03-31"),
            ("2025-01-31", "P1M", "2025-02-28"), ("2024-02-29", "P7Y", "2031-02-28"),
            ("2017-11-21", "P7Y", "2024-11-21"), ("2025-12-31", "P0D", "2025-12-31"),
        ])
    func lastDay(recorded: String, period: String, last: String) throws {
        let day = try #require(CivilDay(recorded))
        let period = try #require(RetentionPeriod(period))
        let lastDay = period.lastDay(of: day)
        #expect(lastDay.text == last)
        let lastInstant = EventTime(microseconds: lastDay.adding(days: 1).start.microseconds - 1)
        #expect(period.cutoff(at: lastInstant) <= day.start)
        #expect(
            period.cutoff(at: lastDay.adding(days: 1).start)
                > EventTime(microseconds: day.adding(days: 1).start.microseconds - 1))
    }

    @Test(
        "the cutoff is the first day that is still kept, on every day of nine years",
        arguments: ["P90D", "P12M", "P7Y", "P1M"])
    func cutoff(period: String) throws {
        let period = try #require(RetentionPeriod(period))
        let first = try #require(CivilDay("2023-01-01"))
        for number in 0..<(9 * 366) {
            let today = first.adding(days: Int64(number))
            let cutoff = CivilDay(of: period.cutoff(at: today.start))
            #expect(period.lastDay(of: cutoff) >= today)
            #expect(period.lastDay(of: cutoff.adding(days: -1)) < today)
        }
    }

    @Test("days are those of Foundation's calendar")
    func days() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for number in stride(from: Int64(-40_000), to: 60_000, by: 37) {
            let parts = calendar.dateComponents(
                [.year, .month, .day], from: Date(timeIntervalSince1970: Double(number) * 86_400))
            let day = CivilDay(
                year: Int64(try #require(parts.year)), month: Int64(try #require(parts.month)),
                day: Int64(try #require(parts.day)))
            #expect(day?.number == number)
        }
    }

    @Test(
        "only days and periods in their one form are read",
        arguments: [
            "2025-02-29", "2025-13-01", "2025-1-1", "25-01-01", "2025-01-01T00:00:00Z", "", "P90", "90D", "P-1D",
            "P090D", "P1W", "p90d",
        ])
    func refused(text: String) {
        #expect(CivilDay(text) == nil)
        #expect(RetentionPeriod(text) == nil)
    }
}
