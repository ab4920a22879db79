import ArgumentParser
import Edge
import EventStore
import Gateway
import Logging
import NIOCore
import ServiceLifecycle
import TransparencyLog
import UnixSignals
import Witness

struct ServeWitness: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve as a witness, at /add-checkpoint.",
        discussion: """
            Needs no database. What was cosigned last is kept in a folder, without which the witness must not go on. \
            If it is lost, or only an older copy is left, begin a new witness: new name, key and folder. Runs until \
            SIGTERM or SIGINT.
            """)

    @Option(help: "The witness's key, made by zentriq keys witness generate.", completion: .file())
    var key: String

    @Option(
        help: "The verifier key of a log to accept; repeat it for more logs, and for the next key of one.",
        transform: verifierArgument(.ed25519))
    var log: [NoteVerifier]

    @Option(help: "The folder of what was cosigned last. It must exist.", completion: .directory)
    var state: String

    @Option(help: "An address, or a name of this machine.") var host = "127.0.0.1"
    @Option(help: "0 lets the system choose.") var port = 8081
    @Option(help: "PEM: the leaf, then its intermediates. Read again when it changes.", completion: .file())
    var tlsCertificate: String?
    @Option(help: "PEM.", completion: .file()) var tlsKey: String?

    func validate() throws {
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key belong together.")
        }
    }

    func run() async throws {
        try await reportingFailure {
            let logger = Environment.logger()
            let store = try WitnessStore(
                folder: state, cosigner: WitnessKey.read(key), logs: log,
                clock: { UInt64(max(0, WallClock.system.now().microseconds / 1_000_000)) }, logger: logger)
            for (origin, latest) in await store.state {
                logger.notice(
                    "log accepted",
                    metadata: ["origin": "\(origin)", "size": "\(latest.map { "\($0.size)" } ?? "never cosigned")"])
            }
            let server = try WitnessServer.application(store: store, settings: settings, logger: logger) { channel in
                logger.notice("serving", metadata: ["address": "\(channel.localAddress.map { "\($0)" } ?? "-")"])
            }
            var configuration = ServiceGroupConfiguration(
                services: [.init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            configuration.maximumGracefulShutdownDuration = ServiceRun.maximumShutdown
            try await ServiceGroup(configuration: configuration).run()
        }
    }

    private var settings: ServerSettings {
        var tls: ServerSettings.TLS?
        if let tlsCertificate, let tlsKey {
            tls = ServerSettings.TLS(certificatePath: tlsCertificate, keyPath: tlsKey)
        }
        return ServerSettings(host: host, port: port, tls: tls)
    }
}
