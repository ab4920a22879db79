import ArgumentParser

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, show and change keys.",
        subcommands: [LogKeys.self, WitnessKeys.self, KeyEncryptionKeyCommands.self])
}

struct LogKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "The key that signs the log's checkpoints.",
        discussion: """
            Its name is the log's origin, a URL without scheme. The service takes it from ZENTRIQ_LOG_KEY_FILE, or from \
            ZENTRIQ_LOG_KEY where a service manager hands out secrets. It is used for nothing else.
            """,
        subcommands: [GenerateLogKey.self, ShowLogKey.self, RotateLogKey.self])
}
