import CPostgres
import Glibc

extension Session {
    /// What came on the channels listened to. Waits for the first until the deadline, then gives an empty array.
    func notifications(deadline duration: Duration) throws(PostgresError) -> [PostgresNotification] {
        let connection = try usable()
        let limit = Deadline.after(duration)
        sent = false
        while true {
            try readIdle(connection)
            let received = take(connection)
            if !received.isEmpty { return received }
            switch poll(Int16(POLLIN), until: limit, interruptible: true) {
            case .ready: continue
            case .interrupted: throw PostgresError(.cancelled, "the task was cancelled")
            case .timedOut: return []
            }
        }
    }

    private func take(_ connection: OpaquePointer) -> [PostgresNotification] {
        var received: [PostgresNotification] = []
        while let notification = PQnotifies(connection) {
            received.append(
                PostgresNotification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra), backendPID: notification.pointee.be_pid))
            PQfreemem(notification)
        }
        return received
    }
}
