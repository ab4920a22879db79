import Postgres

/// The role may not do what a maintenance takes.
package struct MissingPrivileges: Error, CustomStringConvertible {
    package let description: String

    static func check(on connection: PostgresConnection) async throws {
        let missing = try await connection.query(query).only().optionalString(0)
        guard let missing else { return }
        throw MissingPrivileges(
            description: "the database's owner lacks privileges; a superuser grants them in this database: \(missing)")
    }

    private static let query = Statement(
        """
        SELECT string_agg('GRANT ' || privilege || ' TO ' || quote_ident(current_user), '; ' ORDER BY privilege)
        FROM (VALUES
            ('pg_checkpoint', pg_has_role('pg_checkpoint', 'USAGE')),
            ('EXECUTE ON FUNCTION pg_switch_wal()', has_function_privilege('pg_switch_wal()', 'EXECUTE')),
            ('EXECUTE ON FUNCTION pg_ls_waldir()', has_function_privilege('pg_ls_waldir()', 'EXECUTE'))
        ) AS needed (privilege, granted)
        WHERE NOT granted
        """)
}
