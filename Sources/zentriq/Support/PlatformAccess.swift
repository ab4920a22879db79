import EventStore
import Gateway

/// The parts of the service, for one command.
enum PlatformAccess {
    /// - Parameter withRetention: whether it may destroy what is due, or was asked for.
    static func reading<Value>(
        withRetention: Bool = false, _ body: (Platform) async throws -> Value
    ) async throws -> Value {
        let platform = try await make(withRetention: withRetention)
        let result: Result<Value, any Error>
        do { result = .success(try await body(platform)) } catch { result = .failure(error) }
        await platform.close()
        return try result.get()
    }

    /// With a writer of its own beside the service's.
    static func writing<Value>(
        withRetention: Bool = false, _ body: (Platform) async throws -> Value
    ) async throws -> Value {
        try await reading(withRetention: withRetention) { platform in
            let writer = platform.writer
            let task = Task { try await writer.run() }
            let result: Result<Value, any Error>
            do {
                try await platform.createLog()
                try await platform.waitUntilOpen()
                result = .success(try await body(platform))
            } catch {
                result = .failure(error)
            }
            task.cancel()
            try? await task.value
            return try result.get()
        }
    }

    private static func make(withRetention: Bool) async throws -> Platform {
        let development = !Environment.isProduction
        let settings = Environment.settings
        var configuration = Platform.Configuration(
            signer: try LogKey.signer(development: development),
            keys: try await KeyEncryption.keys(development: development),
            gateway: try settings.database(.gateway, development: development),
            projector: try settings.database(.projector, development: development),
            auditor: try settings.database(.auditor, development: development))
        if withRetention {
            configuration.retention = try settings.database(.retention, development: development)
            configuration.callBacks = try settings.callBacks(development: development)
        }
        return Platform(configuration, logger: Environment.quietLogger)
    }
}
