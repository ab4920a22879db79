/// One NOTIFY, as a listener receives it.
package struct PostgresNotification: Sendable, Hashable {
    package let channel: String
    package let payload: String
    /// The server process that sent it.
    package let backendPID: Int32
}
