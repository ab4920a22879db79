import ArgumentParser

struct KeyEncryptionKeyCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kek", abstract: "The key-encryption key, which the keys of people are wrapped with.",
        discussion: """
            A folder with a file for each version, mode 0400 (ZENTRIQ_KEK_FOLDER), or a PKCS#11 token \
            (ZENTRIQ_KEK_PKCS11_MODULE, _TOKEN, _PIN_FILE). Keep a copy where no backup of the database is: with both, \
            everything can be read; without it, nothing that is sealed. To rotate: rotate, rewrap, retire.
            """,
        subcommands: [
            GenerateKeyEncryptionKey.self, ShowKeyEncryptionKeys.self, KeyEncryptionKeyStatus.self,
            RotateKeyEncryptionKey.self, RewrapKeys.self, RetireKeyEncryptionKey.self,
        ])
}
