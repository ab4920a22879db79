import CanonicalJSON
package import EventStore
package import Retention

/// How often carts of each vendor were captured on a day, and how it went: what is left of captures once nobody is in it.
///
/// No tenant, no person, no address, and no time finer than the day; what few people have in common is not told.
package struct UsageCounts: Sendable, Hashable {
    package struct Cell: Sendable, Hashable {
        /// Nil for the hosts that are too small to be named, together.
        package let vendorHost: String?
        package let outcome: CaptureRecord.Outcome
        /// At least ``UsageTally/minimumPeople``.
        package let captures: Int64

        package init(vendorHost: String?, outcome: CaptureRecord.Outcome, captures: Int64) {
            self.vendorHost = vendorHost
            self.outcome = outcome
            self.captures = captures
        }
    }

    package let day: CivilDay
    package let cells: [Cell]
    /// Where the captures stand that were counted.
    package let positions: Range<LogPosition>

    package init(day: CivilDay, cells: [Cell], positions: Range<LogPosition>) {
        self.day = day
        self.cells = cells
        self.positions = positions
    }

    package var newEvent: NewEvent {
        var json = CanonicalWriter(reserving: 128 + 96 * cells.count)
        json.beginObject()
        json.key("cells")
        json.beginArray()
        for cell in cells {
            json.beginObject()
            json.key("captures")
            json.integerText(cell.captures)
            json.text("outcome", cell.outcome.rawValue)
            if let host = cell.vendorHost { json.text("vendor_host", host) }
            json.endObject()
        }
        json.endArray()
        json.text("day", day.text)
        json.position("from_position", positions.lowerBound)
        json.position("to_position", positions.upperBound)
        json.endObject()
        return NewEvent(EventCatalog.usageCounted, data: json.bytes)
    }

    init(_ payload: PayloadReader) throws(EventDecodingError) {
        func malformed(_ reason: String) -> EventDecodingError {
            .malformed(type: EventCatalog.usageCounted.name, reason: reason)
        }
        guard let day = CivilDay(try payload.string("day")) else { throw malformed("day is not a day") }
        let (from, to) = (try payload.integerText("from_position"), try payload.integerText("to_position"))
        guard 0 <= from, from <= to else { throw malformed("the positions are no range") }
        let cells = try payload.list("cells") { (item: PayloadReader) throws(EventDecodingError) in
            let captures = try item.integerText("captures")
            guard captures > 0 else { throw malformed("a cell is empty") }
            return Cell(
                vendorHost: try item.optionalString("vendor_host"),
                outcome: try item.value("outcome", as: CaptureRecord.Outcome.self), captures: captures)
        }
        self.init(day: day, cells: cells, positions: LogPosition(from)..<LogPosition(to))
    }
}
