/// Every limit of this module, in one place.
enum Limits {
    /// How long the server may take to answer a cancel request before the connection is given up.
    static let cancelGrace: Duration = .seconds(5)
    /// Pause before a cancel request is repeated; doubled each time.
    static let cancelPause: Duration = .milliseconds(50)
    /// How much later than the server's own statement timeout this side gives up on a silent server.
    static let statementTimeoutMargin: Duration = .seconds(2)
    /// Prepared statements kept per connection; beyond that all are forgotten and prepared again when used.
    static let preparedStatements = 256
    /// The length of a prepared statement's label. PostgreSQL cuts names at 63 bytes.
    static let statementLabelLength = 40
    /// Encoded parameters above this many bytes are not kept as a buffer for the next statement.
    static let keptParameterBytes = 1 << 20
    /// One parameter, in bytes: what PostgreSQL accepts as one field.
    static let parameterBytes = 1 << 30
    /// The protocol counts the parameters of a statement in 16 bits.
    static let parametersPerStatement = 65_535
    /// Rows copied out of the server are handed over in pieces of about this many bytes.
    static let copyChunkBytes = 64 << 10
    /// Reads of what arrived while a connection was idle, before a statement is sent.
    static let idleReads = 8
    /// Results read for the last words of a server that went away.
    static let lastWords = 8
    /// Tasks that may wait for a connection of one pool.
    static let poolWaiters = 4_096
    /// Pause after the first failed connection attempt; doubled with each failure, up to the maximum.
    static let poolBackoffMinimum: Duration = .milliseconds(50)
    static let poolBackoffMaximum: Duration = .seconds(2)
    /// One migration, and the wait for another process that migrates.
    static let migration: Duration = .seconds(1_800)
}
