import CanonicalJSON
import Edge
import EventStore

/// A page of what stands in the order of the log, newest first: `limit` items before the cursor, which is the position of
/// the last item of the page before. One item more than the limit is to be looked for, to know whether there is a next
/// page.
struct PositionPage {
    let before: LogPosition?
    let limit: Int

    init(_ query: inout QueryReader, upTo maximum: Int, default usual: Int) {
        limit = query.limit(upTo: maximum, default: usual)
        let cursor = query.cursor()
        before = cursor.flatMap(LogPosition.init(cursor:))
        if cursor != nil, before == nil { query.refuse("cursor", "is not a cursor of this service") }
    }

    /// As the read is recorded.
    var filters: [String: String] {
        var filters = ["limit": String(limit)]
        filters["cursor"] = before.map { String($0.rawValue) }
        return filters
    }

    /// What was looked through for these positions, newest first, one more than the limit if there are more.
    func covered(_ found: [LogPosition]) -> Range<LogPosition>? {
        guard let newest = found.first, let oldest = found.prefix(limit).last else { return nil }
        return oldest..<(before ?? LogPosition(newest.rawValue + 1))
    }

    /// `{"items": […], "next_cursor": …}`
    ///
    /// - Parameter write: writes an item, as a whole.
    func encode<Item>(
        _ items: [Item], position: (Item) -> LogPosition, _ write: (inout CanonicalWriter, Item) -> Void
    ) -> [UInt8] {
        let page = items.prefix(limit)
        var json = CanonicalWriter(reserving: 64 + 384 * page.count)
        json.beginObject()
        json.key("items")
        json.beginArray()
        for item in page { write(&json, item) }
        json.endArray()
        json.key("next_cursor")
        if items.count > limit, let last = page.last {
            json.integerText(position(last).rawValue)
        } else {
            json.null()
        }
        json.endObject()
        return json.bytes
    }
}

extension LogPosition {
    /// Each position has one spelling, which is that of `next_cursor`.
    init?(cursor: String) {
        guard let number = Int64(cursor), number >= 0, String(number) == cursor else { return nil }
        self.init(number)
    }
}
