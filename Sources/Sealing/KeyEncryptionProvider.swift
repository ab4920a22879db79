/// Where the versions of the key-encryption key are kept. The bytes of what they wrap are the same whatever it is.
package protocol KeyEncryptionProvider: Sendable {
    /// `folder` or `pkcs11`.
    var name: String { get }
    /// Which folder, or which token, for people.
    var place: String { get }

    /// All versions, anew; none if none was made yet. Throws what is wrong: a key that can't be used is not left out in
    /// silence.
    func load() async throws(KeyProviderError) -> [any WrappingKey]
    /// Makes a version that is not there.
    func generate(version: Int32) async throws(KeyProviderError) -> any WrappingKey
    /// Destroys a version for ever. Nothing happens if it is not there.
    func destroy(version: Int32) async throws(KeyProviderError)
}

extension KeyEncryptionProvider {
    /// Makes the version after all that are there.
    package func generateNext() async throws(KeyProviderError) -> any WrappingKey {
        let newest = try await load().map(\.version).max() ?? 0
        guard newest < Int32.max else { throw KeyProviderError("\(place): there is no version after \(newest)") }
        return try await generate(version: newest + 1)
    }

    /// What to do where there is no key.
    var isEmpty: KeyProviderError {
        KeyProviderError("there is no key-encryption key in \(place); make one: zentriq keys kek generate")
    }
}

/// What is wrong with a folder or a token of keys, in words.
package struct KeyProviderError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
