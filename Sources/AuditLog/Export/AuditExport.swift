import Crypto
package import EventStore
import Sealing

/// Everything that matches a query up to a head, as lines of JSON (NDJSON): envelopes, and the manifest last.
package struct AuditExport: Sendable {
    /// Events that are in memory at a time.
    package static let pageSize = 1_000
    package static let mediaType = "application/x-ndjson"

    package let reader: AuditReader
    package let query: AuditQuery
    /// What is looked through; its end is not beyond the head.
    package let positions: Range<LogPosition>
    package let head: LogHead

    package init(reader: AuditReader, query: AuditQuery, positions: Range<LogPosition>, head: LogHead) {
        self.reader = reader
        self.query = query
        self.positions = positions
        self.head = head
    }

    /// Calls `write` with some whole lines at a time, in order; with none after a long search without a match, so that
    /// whoever waits for the lines sees that it goes on. If it throws, there was no manifest.
    package func run(_ write: (_ lines: [UInt8]) async throws -> Void) async throws {
        var digest = SHA256()
        var count: Int64 = 0
        var cursor: AuditCursor?
        repeat {
            try Task.checkCancellation()
            let page = try await reader.page(of: query, in: positions, from: cursor, limit: Self.pageSize)
            var lines: [UInt8] = []
            lines.reserveCapacity(768 * page.events.count)
            for event in page.events {
                lines.append(contentsOf: CloudEvent(event, origin: reader.origin).bytes)
                lines.append(UInt8(ascii: "\n"))
            }
            digest.update(data: lines)
            count += Int64(page.events.count)
            try await write(lines)
            cursor = page.next
        } while cursor != nil
        let erased = try await reader.reader.erasedCount(positions)
        let manifest = ExportManifest(
            count: count, positions: positions, erased: erased, filters: query.filters,
            digest: Hex.encode(digest.finalize()),
            head: head)
        try await write(manifest.bytes + [UInt8(ascii: "\n")])
    }
}
