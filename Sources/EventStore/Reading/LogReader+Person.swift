import Foundation
import Postgres

/// A place in the events of a tenant and a class, in the order of streams and their versions.
package struct StreamPlace: Sendable, Hashable {
    package let stream: String
    package let version: StreamVersion

    package static let beginning = StreamPlace(stream: "", version: .none)
}

extension LogReader {
    /// Events of one class that concern a person: those that they caused, and those in streams that are theirs.
    ///
    /// Looks through the tenant's events of the class, a bounded number at a time, along the index of streams that every
    /// append keeps anyway: what other tenants have is not looked at.
    ///
    /// - Parameters:
    ///   - place: after which to look on.
    ///   - end: the position (exclusive) up to which events count.
    ///   - scan: how many events are looked at.
    /// - Returns: those that match, in the order of streams and versions, and where to go on; nil at the end.
    package func events(
        of tenant: TenantID, _ retention: RetentionClass, by actor: ActorHandle, in streams: [StreamID],
        after place: StreamPlace, before end: LogPosition, scan: Int
    ) async throws -> (events: [RecordedEvent], next: StreamPlace?) {
        let rows = try await tenantQuery(
            tenant, Self.concerning,
            [
                .int4(log.rawValue), .uuid(tenant.rawValue), .text(retention.rawValue), .text(place.stream),
                .int8(place.version.rawValue), .int8(Int64(scan)), .uuid(actor.rawValue),
                .textArray(streams.map(\.name)), .int8(end.rawValue),
            ])
        var next: StreamPlace?
        if let first = rows.first, try first.int64(15) == Int64(scan) {
            next = StreamPlace(stream: try first.string(16), version: StreamVersion(try first.int64(17)))
        }
        // Of a page without a match there is one row, which tells only where it ended.
        if let first = rows.first, try first.isNull(0) { return ([], next) }
        return (try await events(rows, of: tenant), next)
    }
}
