import ArgumentParser
import Edge
import Gateway
import Identity

struct Dev: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve for development: tokens made here, demo data.",
        discussion: "Refused in production mode, beyond loopback, and on a log that is not one of development.")

    @Flag(help: "Start although the server could lose acknowledged events in a crash.")
    var unsafeDurability = false

    @Flag(inversion: .prefixedNo, help: "Fill an empty log with demo data.")
    var demo = true

    func run() async throws {
        try await reportingFailure {
            let settings = Environment.settings
            let logger = Environment.logger()
            guard try settings.server().isLoopback else {
                throw Settings.Failure(description: "development is served on loopback only; unset ZENTRIQ_HTTP_HOST")
            }
            let issuer = try await DevelopmentIdentity.issuer()
            let run = try ServiceRun(
                settings: settings, development: true, allowUnsafeDurability: unsafeDurability,
                identity: DevelopmentIdentity.configuration, keys: try await LocalKeys(jwks: issuer.jwks()),
                logger: logger)
            try await run.prepare()
            if demo { try await DemoData(platform: run.platform, logger: logger).seedIfNeeded() }
            try await run.serve(settings)
        }
    }
}
