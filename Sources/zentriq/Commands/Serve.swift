import ArgumentParser
import EventStore
import Gateway
import Identity
import Logging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the interface, with tokens of Microsoft Entra ID.",
        discussion: "Runs until SIGTERM or SIGINT; what was accepted by then is finished.")

    func run() async throws {
        try await reportingFailure {
            let settings = Environment.settings
            let logger = Environment.logger()
            let identity = try settings.identity()
            let keys = try RemoteKeys(
                url: identity.keysURL, clock: { WallClock.system.now().microseconds }, logger: logger)
            let run = try ServiceRun(
                settings: settings, development: false, allowUnsafeDurability: false, identity: identity, keys: keys,
                keyEncryptionKeys: try await KeyEncryption.keys(development: false), logger: logger)
            try await run.prepare()
            if await !keys.warmUp() { logger.warning("the identity provider's keys can't be had yet") }
            try await run.serve(settings)
        }
    }
}
