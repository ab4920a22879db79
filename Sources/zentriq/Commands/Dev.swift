import ArgumentParser
import Edge
import EventStore
import Gateway
import Identity

struct Dev: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve for development: tokens made here, demo data.",
        discussion: "Refused in production mode, beyond loopback, and on a log that is not one of development.")

    @Flag(help: "Start although the server could lose acknowledged events in a crash.")
    var unsafeDurability = false

    @Option(help: "Begin at this time, such as 2025-01-01T00:00:00Z, and go on from there.", transform: timeArgument)
    var clock: EventTime?

    @Option(help: "How many seconds go by in one, with --clock.")
    var clockRate: Int64 = 1

    @Flag(inversion: .prefixedNo, help: "Fill an empty log with demo data.")
    var demo = true

    func validate() throws {
        guard (1...1_000_000).contains(clockRate) else {
            throw ValidationError("--clock-rate is a number from 1 to 1000000.")
        }
    }

    /// Tokens and leases go by the machine's clock all the same.
    private var wallClock: WallClock {
        guard let clock else { return .system }
        let (start, rate) = (WallClock.system.now().microseconds, clockRate)
        return WallClock {
            EventTime(microseconds: clock.microseconds + (WallClock.system.now().microseconds - start) * rate)
        }
    }

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
                keyEncryptionKeys: try await KeyEncryption.keys(development: true), clock: wallClock, logger: logger)
            try await run.prepare()
            if demo { try await DemoData(platform: run.platform, logger: logger).seedIfNeeded() }
            try await run.serve(settings)
        }
    }
}
