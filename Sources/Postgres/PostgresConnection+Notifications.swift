extension PostgresConnection {
    /// Starts to receive what is sent to a channel.
    package func listen(_ channel: String) async throws(PostgresError) {
        guard !channel.isEmpty, !channel.utf8.contains(0) else {
            throw PostgresError(.invalidParameter, "a channel needs a name without NUL")
        }
        try await script(
            "LISTEN \"\(channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\"")
    }

    /// Waits until something comes on the channels listened to.
    ///
    /// Other calls on this connection wait meanwhile: give a listener a connection of its own.
    ///
    /// - Returns: what came; empty when the deadline passed first.
    /// - Throws: `cancelled`; `connectionLost`, after which notifications may have been missed.
    package func notifications(deadline: Duration) async throws(PostgresError) -> [PostgresNotification] {
        try await cancellable { session throws(PostgresError) in try session.notifications(deadline: deadline) }
    }
}
