import CPostgres
import Logging

/// Takes the server's notices and warnings off standard error. Their text may quote values: only the code is logged.
final class NoticeReceiver {
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// The receiver must live as long as the connection.
    func install(on connection: OpaquePointer) {
        let receive: PQnoticeReceiver = { context, result in
            guard let context, let result else { return }
            Unmanaged<NoticeReceiver>.fromOpaque(context).takeUnretainedValue().receive(result)
        }
        _ = PQsetNoticeReceiver(connection, receive, Unmanaged.passUnretained(self).toOpaque())
    }

    private func receive(_ result: OpaquePointer) {
        guard logger.logLevel <= .debug else { return }
        let fields = ServerFields(result: result)
        logger.debug(
            "notice from the database server",
            metadata: ["severity": "\(fields.severity ?? "")", "sqlstate": "\(fields.sqlState ?? "")"])
    }
}
