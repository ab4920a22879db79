import Postgres
import Sealing

/// A table with wrapped keys, for those who wrap them anew. A further kind is a further constant in ``all``, and in the
/// database the trigger `key_epoch` and the rights of `zentriq_retention` (schema/0011_kek.sql).
package struct WrappedKeyKind: Sendable {
    /// The table.
    package let name: String
    /// Reads a page of what a version wraps: log, version, the last identifier of the page before (empty for the first),
    /// number of rows. Gives identifier (text) and wrapping, then what ``owner`` needs.
    let page: Statement
    /// Puts other wrappings in the place of these, where they are still there: log, version, identifiers, old, new.
    let replace: Statement
    /// What a row's key is wrapped for, given the origin of the log.
    let owner: @Sendable (Row, String) throws -> KeyOwner

    package static let all = [lookup, subject, token, member]

    private static let lookup = WrappedKeyKind(
        name: "sealing_keys",
        page: Statement(
            """
            SELECT purpose, wrapped FROM zentriq.sealing_keys
            WHERE log_id = $1 AND kek_version = $2 AND purpose > $3 ORDER BY purpose LIMIT $4
            """),
        replace: Statement(
            """
            UPDATE zentriq.sealing_keys AS k SET kek_version = $2, wrapped = n.new
            FROM unnest($3::text[], $4::bytea[], $5::bytea[]) AS n (id, old, new)
            WHERE k.log_id = $1 AND k.purpose = n.id AND k.wrapped = n.old
            """),
        owner: { row, log in try row.string(0) == "staff-record" ? .record(log: log) : .lookup(log: log) })

    // What was destroyed meanwhile has no wrapping any more, so it is not the old one.
    private static let subject = byUUID("subject_keys", id: "key_id", owner: ["tenant_id", "subject", "key_id"]) {
        row, log in
        .subject(log: log, tenant: try row.uuid(2), subject: try row.uuid(3), key: try row.uuid(4))
    }

    // A token that was renewed meanwhile has another key, and so another wrapping.
    private static let token = byUUID(
        "vault_tokens", id: "record_id", owner: ["tenant_id", "subject", "product", "record_id", "generation"]
    ) { row, log in
        .token(
            TokenPlace(
                log: log, tenant: try row.uuid(2), subject: try row.uuid(3), product: try row.string(4),
                record: try row.uuid(5), generation: try row.int64(6)))
    }

    private static let member = byUUID("staff_members", id: "member", owner: ["member", "version"]) { row, log in
        .member(log: log, member: try row.uuid(2), version: try row.int32(3))
    }

    /// Rows that a UUID names within the log, and that may have lost their wrapping.
    ///
    /// - Parameter columns: what `owner` needs, from the third column on.
    private static func byUUID(
        _ table: String, id: String, owner columns: [String],
        _ owner: @escaping @Sendable (Row, String) throws -> KeyOwner
    ) -> WrappedKeyKind {
        WrappedKeyKind(
            name: table,
            page: Statement(
                """
                SELECT \(id)::text AS id, wrapped, \(columns.joined(separator: ", ")) FROM zentriq.\(table)
                WHERE log_id = $1 AND kek_version = $2 AND wrapped IS NOT NULL
                    AND \(id) > coalesce(nullif($3::text, '')::uuid, '00000000-0000-0000-0000-000000000000')
                ORDER BY \(id) LIMIT $4
                """),
            replace: Statement(
                """
                UPDATE zentriq.\(table) AS k SET kek_version = $2, wrapped = n.new
                FROM unnest($3::text[]::uuid[], $4::bytea[], $5::bytea[]) AS n (id, old, new)
                WHERE k.log_id = $1 AND k.\(id) = n.id AND k.wrapped = n.old
                """),
            owner: owner)
    }
}
