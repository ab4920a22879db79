import ArgumentParser

struct KeyEncryptionKeyCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kek", abstract: "The key-encryption key, which the keys of people are wrapped with.",
        discussion: """
            A folder with a file for each version, mode 0400. The service takes it from ZENTRIQ_KEK_FOLDER. Keep a copy \
            where no backup of the database is: with both, everything can be read; without it, nothing that is sealed.
            """,
        subcommands: [GenerateKeyEncryptionKey.self, ShowKeyEncryptionKeys.self])
}
