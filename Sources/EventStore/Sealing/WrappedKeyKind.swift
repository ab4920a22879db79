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

    private static let subject = WrappedKeyKind(
        name: "subject_keys",
        page: Statement(
            """
            SELECT key_id::text AS id, wrapped, tenant_id, subject, key_id FROM zentriq.subject_keys
            WHERE log_id = $1 AND kek_version = $2 AND wrapped IS NOT NULL
                AND key_id > coalesce(nullif($3::text, '')::uuid, '00000000-0000-0000-0000-000000000000')
            ORDER BY key_id LIMIT $4
            """),
        // What was destroyed meanwhile has no wrapping any more, so it is not the old one.
        replace: Statement(
            """
            UPDATE zentriq.subject_keys AS k SET kek_version = $2, wrapped = n.new
            FROM unnest($3::text[]::uuid[], $4::bytea[], $5::bytea[]) AS n (id, old, new)
            WHERE k.log_id = $1 AND k.key_id = n.id AND k.wrapped = n.old
            """),
        owner: { row, log in
            .subject(log: log, tenant: try row.uuid(2), subject: try row.uuid(3), key: try row.uuid(4))
        })

    private static let token = WrappedKeyKind(
        name: "vault_tokens",
        page: Statement(
            """
            SELECT record_id::text AS id, wrapped, tenant_id, subject, product, record_id, generation FROM zentriq.vault_tokens
            WHERE log_id = $1 AND kek_version = $2
                AND record_id > coalesce(nullif($3::text, '')::uuid, '00000000-0000-0000-0000-000000000000')
            ORDER BY record_id LIMIT $4
            """),
        // A token that was renewed meanwhile has another key, and so another wrapping.
        replace: Statement(
            """
            UPDATE zentriq.vault_tokens AS k SET kek_version = $2, wrapped = n.new
            FROM unnest($3::text[]::uuid[], $4::bytea[], $5::bytea[]) AS n (id, old, new)
            WHERE k.log_id = $1 AND k.record_id = n.id AND k.wrapped = n.old
            """),
        owner: { row, log in
            .token(
                TokenPlace(
                    log: log, tenant: try row.uuid(2), subject: try row.uuid(3), product: try row.string(4),
                    record: try row.uuid(5), generation: try row.int64(6)))
        })

    private static let member = WrappedKeyKind(
        name: "staff_members",
        page: Statement(
            """
            SELECT member::text AS id, wrapped, member, version FROM zentriq.staff_members
            WHERE log_id = $1 AND kek_version = $2
                AND member > coalesce(nullif($3::text, '')::uuid, '00000000-0000-0000-0000-000000000000')
            ORDER BY member LIMIT $4
            """),
        replace: Statement(
            """
            UPDATE zentriq.staff_members AS k SET kek_version = $2, wrapped = n.new
            FROM unnest($3::text[]::uuid[], $4::bytea[], $5::bytea[]) AS n (id, old, new)
            WHERE k.log_id = $1 AND k.member = n.id AND k.wrapped = n.old
            """),
        owner: { row, log in .member(log: log, member: try row.uuid(2), version: try row.int32(3)) })
}
