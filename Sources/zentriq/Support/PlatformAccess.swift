import EventStore
import Gateway
import Restoration

/// The parts of the service, for one command.
enum PlatformAccess {
    /// - Parameters:
    ///   - withRetention: whether it may destroy what is due, or was asked for.
    ///   - withAccess: whether it may grant the staff access.
    ///   - signer: in place of the log's key that is configured.
    static func reading<Value>(
        withRetention: Bool = false, withAccess: Bool = false, signer: LogSigner? = nil,
        _ body: (Platform) async throws -> Value
    ) async throws -> Value {
        let platform = try await make(withRetention: withRetention, withAccess: withAccess, signer: signer)
        let result: Result<Value, any Error>
        do { result = .success(try await body(platform)) } catch { result = .failure(error) }
        await platform.close()
        return try result.get()
    }

    /// What changes the log, or destroys what is in it. Refused on a database that was restored. The erasure ledger has it
    /// afterwards, also what was done before something failed.
    static func changing<Value>(
        withRetention: Bool = false, withAccess: Bool = false, _ body: (Platform) async throws -> Value
    ) async throws -> Value {
        try await reading(withRetention: withRetention, withAccess: withAccess) { platform in
            try await platform.restoreGate?.requireOpen()
            let value: Value
            do { value = try await body(platform) } catch {
                // What went wrong first is told; the next writer tries this again.
                _ = try? await platform.erasureLedger?.write()
                throw error
            }
            try await platform.erasureLedger?.write()
            return value
        }
    }

    /// The same, with a writer of its own beside the service's.
    static func writing<Value>(
        withRetention: Bool = false, withAccess: Bool = false, _ body: (Platform) async throws -> Value
    ) async throws -> Value {
        try await changing(withRetention: withRetention, withAccess: withAccess) { platform in
            try await writing(platform) { try await body(platform) }
        }
    }

    /// Runs the writer as long as `body` runs.
    static func writing<Value>(_ platform: Platform, _ body: () async throws -> Value) async throws -> Value {
        let writer = platform.writer
        let task = Task { try await writer.run() }
        let result: Result<Value, any Error>
        do {
            try await platform.createLog()
            try await platform.waitUntilOpen()
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        task.cancel()
        try? await task.value
        return try result.get()
    }

    private static func make(withRetention: Bool, withAccess: Bool, signer: LogSigner?) async throws -> Platform {
        let development = !Environment.isProduction
        let settings = Environment.settings
        var configuration = Platform.Configuration(
            signer: try signer ?? LogKey.signer(development: development),
            keys: try await KeyEncryption.keys(development: development),
            gateway: try settings.database(.gateway, development: development),
            projector: try settings.database(.projector, development: development),
            auditor: try settings.database(.auditor, development: development))
        if withRetention {
            configuration.retention = try settings.database(.retention, development: development)
            configuration.callBacks = try settings.callBacks(development: development)
        }
        if withAccess { configuration.access = try settings.database(.access, development: development) }
        configuration.ledger = settings.optional("ERASURE_LEDGER")
        return Platform(configuration, logger: Environment.quietLogger)
    }
}
