import CPostgres

/// The fields of an error the server reported, copied out of libpq.
struct ServerFields: Sendable {
    var severity: String?
    var sqlState: String?
    var message: String?
    var detail: String?
    var hint: String?
    var context: String?
    var constraint: String?
    var table: String?
    var routine: String?

    init() {}

    init(result: OpaquePointer) {
        // The letters are the protocol's own names of the fields; libpq's macros for them do not reach Swift.
        func field(_ letter: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(letter.value)).map { String(cString: $0) }
        }
        severity = field("V")
        sqlState = field("C")
        message = field("M") ?? String(cString: PQresultErrorMessage(result))
        detail = field("D")
        hint = field("H")
        context = field("W")
        constraint = field("n")
        table = field("t")
        routine = field("R")
    }

    /// The text libpq kept for a connection that could not be made or broke. In its verbose form an error of the
    /// server reads `FATAL:  28P01: …`.
    init(connection: OpaquePointer) {
        let text = String(cString: PQerrorMessage(connection))
        message = text
        for part in text.split(separator: ":") {
            let word = part.drop { $0 == " " }
            if word.utf8.count == 5, word.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }),
                word.utf8.contains(where: { (48...57).contains($0) })
            {
                sqlState = String(word)
                return
            }
        }
    }

    /// After FATAL and PANIC the server closes the connection.
    var endsConnection: Bool { severity == "FATAL" || severity == "PANIC" }
}
