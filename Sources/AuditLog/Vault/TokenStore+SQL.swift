import Postgres

extension TokenStore {
    /// Fences go by the clock of the database, which all services share.
    private static func columns(share: String) -> String {
        """
        subject, product, record_id, generation, kek_version, wrapped, envelope, scopes, stored_at, used_at, fence,
        coalesce(busy_until > clock_timestamp(), false),
        CASE WHEN answered_at > clock_timestamp() - \(share) * interval '1 second' THEN answer END
        """
    }

    static let select = Statement(
        """
        SELECT \(columns(share: "$5")) FROM zentriq.vault_tokens
        WHERE log_id = $1 AND tenant_id = $2 AND subject = $3 AND product = $4
        """)
    static let lock = Statement(
        """
        SELECT \(columns(share: "$5")) FROM zentriq.vault_tokens
        WHERE log_id = $1 AND tenant_id = $2 AND subject = $3 AND product = $4 FOR UPDATE
        """)
    static let selectAll = Statement(
        """
        SELECT \(columns(share: "$4")) FROM zentriq.vault_tokens
        WHERE log_id = $1 AND tenant_id = $2 AND ($3 IS NULL OR subject = $3) ORDER BY subject, product
        LIMIT $5
        """)
    static let unused = Statement("SELECT tenant_id, subject, product FROM zentriq.unused_tokens($1, $2, $3)")

    static let unusedCount = Statement("SELECT count(*) FROM zentriq.unused_tokens($1, $2, $3)")

    private static let here = """
        log_id = $1 AND tenant_id = $2 AND subject = $3 AND product = $4 AND record_id = $5 AND generation = $6
        """

    static let takeFence = Statement(
        """
        UPDATE zentriq.vault_tokens
        SET fence = fence + 1, busy_until = clock_timestamp() + $8 * interval '1 second'
        WHERE \(here) AND fence = $7 AND (busy_until IS NULL OR busy_until <= clock_timestamp())
        RETURNING fence
        """)
    static let giveFenceBack = Statement(
        "UPDATE zentriq.vault_tokens SET busy_until = NULL WHERE \(here) AND fence = $7")
    static let insert = Statement(
        """
        INSERT INTO zentriq.vault_tokens (log_id, tenant_id, subject, product, record_id, generation, kek_version,
                                          wrapped, envelope, scopes, stored_at, used_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
        """)
    static let replace = Statement(
        """
        UPDATE zentriq.vault_tokens
        SET generation = generation + 1, kek_version = $8, wrapped = $9, envelope = $10, answer = $11,
            answered_at = CASE WHEN $11::bytea IS NOT NULL THEN clock_timestamp() END, used_at = $12, busy_until = NULL
        WHERE \(here) AND fence = $7
        RETURNING generation
        """)
    static let delete = Statement("DELETE FROM zentriq.vault_tokens WHERE \(here)")
}
