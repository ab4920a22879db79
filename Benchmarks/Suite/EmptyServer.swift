import ArgumentParser
import Hummingbird
import Logging

/// What balance reads are compared with: the same HTTP server with the same settings of its router, which answers a
/// fixed JSON body of the size of a balance and does nothing else.
struct EmptyServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "empty", abstract: "Answer JSON, out of nothing.")
    private static let body = #"{"available":"100000000","balance":"100000000","held":"0","product":"punchout"}"#

    @Option(help: "Port on the loopback interface.") var port: Int

    func run() async throws {
        let router = Router()
        router.get("/") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: Self.body)))
        }
        var logger = Logger(label: "empty")
        logger.logLevel = .warning
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            logger: logger)
        try await application.runService()
    }
}
