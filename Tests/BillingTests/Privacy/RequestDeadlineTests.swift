import Billing
import CanonicalJSON
import EventStore
import Testing

@Suite("When a request is due")
struct RequestDeadlineTests {
    private func time(_ text: String) throws -> EventTime {
        EventTime(microseconds: try #require(RFC3339.parse(text)))
    }

    @Test(
        "is a month or 30 days after it was received, whichever ends earlier",
        arguments: [
            // The next month has the day, and it is the 28th to the 31st one after.
            ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"), ("2026-04-15T12:30:00Z", "2026-05-15T12:30:00Z"),
            // A month of 31 days is longer than 30.
            ("2026-01-15T00:00:00Z", "2026-02-14T00:00:00Z"),
            ("2026-12-31T23:59:59.999999Z", "2027-01-30T23:59:59.999999Z"),
            ("2026-07-31T00:00:00Z", "2026-08-30T00:00:00Z"),
            // The next month lacks the day: its last one.
            ("2026-01-31T03:04:05.678901Z", "2026-02-28T03:04:05.678901Z"),
            ("2026-01-29T00:00:00Z", "2026-02-28T00:00:00Z"),
            ("2026-01-28T00:00:00Z", "2026-02-27T00:00:00Z"),
            // Leap years, of which 2100 is none.
            ("2028-01-31T00:00:00Z", "2028-02-29T00:00:00Z"), ("2028-02-29T00:00:00Z", "2028-03-29T00:00:00Z"),
            ("2100-01-31T00:00:00Z", "2100-02-28T00:00:00Z"), ("2000-02-01T00:00:00Z", "2000-03-01T00:00:00Z"),
            ("2026-05-31T00:00:00Z", "2026-06-30T00:00:00Z"), ("2000-01-31T00:00:00Z", "2000-02-29T00:00:00Z"),
            ("2028-01-30T23:59:59Z", "2028-02-29T23:59:59Z"), ("2100-02-28T00:00:00Z", "2100-03-28T00:00:00Z"),
            // At the ends of what can be written.
            ("1970-01-30T00:00:00.000001Z", "1970-02-28T00:00:00.000001Z"),
            ("1970-01-01T00:00:00Z", "1970-01-31T00:00:00Z"), ("9999-11-30T00:00:00Z", "9999-12-30T00:00:00Z"),
        ])
    func due(received: String, due: String) throws {
        #expect(RequestDeadline.due(receivedAt: try time(received)).text == (try time(due)).text)
    }

    @Test("is 30 days later where the month after has no name any more")
    func end() throws {
        let last = try time("9999-12-31T23:59:59.999999Z")
        #expect(RequestDeadline.due(receivedAt: last) == last.adding(seconds: 30 * 86_400))
    }

    @Test("is never later than 30 days and never earlier than 28, on any day of four years")
    func bounds() throws {
        let start = try time("2026-01-01T00:00:00Z")
        var previous = RequestDeadline.due(receivedAt: start)
        for day in 0..<Int64(4 * 366) {
            let received = start.adding(seconds: day * 86_400)
            let due = RequestDeadline.due(receivedAt: received)
            #expect(due <= received.adding(seconds: 30 * 86_400))
            #expect(due >= received.adding(seconds: 28 * 86_400))
            #expect(due >= previous)
            previous = due
        }
    }
}
