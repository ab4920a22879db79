/// What went wrong between this process and PostgreSQL.
///
/// `description` says what happened without any value that was sent or stored, so it may be logged or shown.
/// `debugDescription` holds everything the server said, personal data included: for a developer's eyes.
package struct PostgresError: Error, Sendable {
    package enum Kind: Sendable, Hashable {
        /// The server refused the statement; the connection is as good as before.
        case server(sqlState: String)
        /// The connection broke. See `outcomeUnknown`.
        case connectionLost
        /// No connection could be made.
        case connectFailed
        /// The deadline of the call passed.
        case deadlineExceeded
        /// The calling task was cancelled.
        case cancelled
        /// The server, or the caller, did something this client does not follow, as a COPY through `query`.
        case protocolViolation
        /// A parameter or a setting cannot be sent. Nothing was sent.
        case invalidParameter
        /// A column is not of the type that was asked for.
        case decoding
        /// Too many tasks wait for a connection, or the wait took too long.
        case poolExhausted
        /// The connection or the pool had been closed by this process.
        case closed
    }

    private let contents: Contents

    package var kind: Kind { contents.kind }
    /// The five characters of the server, also where a connection broke with a last word of the server.
    package var sqlState: String? { contents.fields.sqlState }
    /// True when the statement may or may not have been carried out: it was sent and no answer came.
    /// False means: it was not carried out.
    package var outcomeUnknown: Bool { contents.outcomeUnknown }
    /// The name of the violated constraint, if that is what the server complains about.
    package var constraint: String? { contents.fields.constraint }
    /// The table the server complains about.
    package var table: String? { contents.fields.table }
    /// The server's message. May quote values: not for logs.
    package var serverMessage: String? { contents.fields.message }
    /// The server's DETAIL. May quote values: not for logs.
    package var serverDetail: String? { contents.fields.detail }

    /// - Parameter summary: a text without any value.
    init(
        _ kind: Kind, _ summary: String, fields: ServerFields = ServerFields(), outcomeUnknown: Bool = false
    ) {
        contents = Contents(kind: kind, summary: summary, fields: fields, outcomeUnknown: outcomeUnknown)
    }

    init(server fields: ServerFields) {
        self.init(.server(sqlState: fields.sqlState ?? "XX000"), "the server refused the statement", fields: fields)
    }

    /// The same refusal, known to have been caused by this side.
    func replacing(kind: Kind, summary: String, outcomeUnknown: Bool = false) -> PostgresError {
        PostgresError(kind, summary, fields: contents.fields, outcomeUnknown: outcomeUnknown)
    }

    /// A plan or a prepared statement the server no longer honours; preparing again helps.
    var isStalePlan: Bool {
        sqlState == "26000" || (sqlState == "0A000" && contents.fields.routine == "RevalidateCachedQuery")
    }

    /// Behind a reference, so that a typed throw costs one word.
    private final class Contents: Sendable {
        let kind: Kind
        let summary: String
        let fields: ServerFields
        let outcomeUnknown: Bool

        init(kind: Kind, summary: String, fields: ServerFields, outcomeUnknown: Bool) {
            self.kind = kind
            self.summary = summary
            self.fields = fields
            self.outcomeUnknown = outcomeUnknown
        }
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        var text = contents.summary
        if let sqlState { text += ", SQLSTATE \(sqlState)" }
        if let constraint { text += ", constraint \(constraint)" }
        if let table { text += ", table \(table)" }
        if outcomeUnknown { text += ", outcome unknown" }
        return text
    }

    package var debugDescription: String {
        var text = "\(kind): \(description)"
        let fields = contents.fields
        for (name, value) in [
            ("message", fields.message), ("detail", fields.detail), ("hint", fields.hint),
            ("context", fields.context), ("routine", fields.routine),
        ] {
            if let value { text += "; \(name): \(value)" }
        }
        return text
    }
}
