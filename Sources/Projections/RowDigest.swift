import EventStore
import Postgres

/// One hash over all rows of a generation, made by the server. In two levels: an aggregate holds at most a gigabyte,
/// and the hashes of a projection's rows may be more than that.
struct RowDigest: Sendable {
    private static let positionsPerGroup = 65_536

    private let statement: Statement

    /// - Parameter rows: a query for `position`, `tenant_id`, `product` and `content`, the row in JSON; with the log,
    ///   the generation and the first position that isn't wanted any more as its three parameters.
    init(rows: String) {
        statement = Statement(
            """
            SELECT encode(sha256(coalesce(string_agg(part, '' ORDER BY part_number), '')), 'hex') FROM (
                SELECT position / \(Self.positionsPerGroup) AS part_number, sha256(string_agg(
                    sha256(convert_to(content::text, 'UTF8')), '' ORDER BY position, tenant_id, product)) AS part
                FROM (\(rows)) AS rows GROUP BY 1) AS parts
            """)
    }

    func run(
        of generation: Generation, before position: LogPosition, on connection: isolated PostgresConnection
    ) throws -> String {
        try connection.run(
            statement, [.int4(generation.log.rawValue), .int4(generation.number), .int8(position.rawValue)]
        ).only().string(0)
    }
}
