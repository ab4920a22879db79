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
        endsTransaction = Statement.mayEndTransaction(sql)
        hash = sql.hashValue
    }

    package init(stringLiteral sql: String) {
        self.init(sql)
    }

    /// Looks at the first letter only: saying yes once too often costs no more than an outcome called unknown.
    private static func mayEndTransaction(_ sql: String) -> Bool {
        switch sql.utf8.first(where: { $0 > UInt8(ascii: " ") }) {
        // COMMIT, END, PREPARE TRANSACTION, and a comment that may hide one of them.
        case UInt8(ascii: "C"), UInt8(ascii: "c"), UInt8(ascii: "E"), UInt8(ascii: "e"), UInt8(ascii: "P"),
            UInt8(ascii: "p"), UInt8(ascii: "-"), UInt8(ascii: "/"):
            true
        default: false
        }
    }

    package static func == (left: Statement, right: Statement) -> Bool {
        left.hash == right.hash && left.sql == right.sql
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }
}
