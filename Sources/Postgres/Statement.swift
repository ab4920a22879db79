/// One SQL statement with `$1`, `$2`, … for its values.
///
/// It is prepared on a connection when first used there. Two statements with the same text are the same statement.
package struct Statement: Sendable, Hashable, ExpressibleByStringLiteral {
    package let sql: String
    /// A label for people, seen in `pg_prepared_statements`.
    package let name: String?
    /// A transaction may end with this statement, so losing its answer leaves the outcome open.
    let endsTransaction: Bool
    /// Computed once: statements are constants, looked up with each use.
    private let hash: Int

    package init(_ sql: String, name: String? = nil) {
        self.sql = sql
        self.name = name
        let word = sql.drop { $0.isWhitespace }.prefix { $0.isLetter }.uppercased()
        endsTransaction = ["COMMIT", "END", "PREPARE"].contains(word)
        hash = sql.hashValue
    }

    package init(stringLiteral sql: String) {
        self.init(sql)
    }

    package static func == (left: Statement, right: Statement) -> Bool {
        left.hash == right.hash && left.sql == right.sql
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }
}
