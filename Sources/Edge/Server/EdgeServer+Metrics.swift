package import Hummingbird
package import Logging
package import NIOCore

extension EdgeServer {
    /// A listener of its own for `GET /metrics`, so that the service's port never shows them.
    ///
    /// - Parameter render: the whole text of the exposition.
    package static func metricsApplication(
        settings: ServerSettings, contentType: String, logger: Logger,
        onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in },
        render: @escaping @Sendable () async throws -> String
    ) throws -> Application<EdgeResponder<PlainContext>> {
        let router = Router(context: PlainContext.self, options: .autoGenerateHeadEndpoints)
        router.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: try await render())))
        }
        return try application(router: router, settings: settings, logger: logger, onRunning: onRunning)
    }
}
