import Sealing

/// A version in a token.
struct CryptokiKey: WrappingKey {
    private static let nonceLength = 12

    let version: Int32
    /// Its CKA_CHECK_VALUE.
    let fingerprint: String
    let label: String
    let session: TokenSession

    func seal(_ plain: [UInt8], binding: [UInt8]) async throws(SealingError) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        let nonce = (0..<Self.nonceLength).map { _ in random.next() as UInt8 }
        do {
            return nonce + (try await session.encrypt(plain, key: label, nonce: nonce, binding: binding))
        } catch { throw .unavailable("\(error)") }
    }

    func open(_ sealed: [UInt8], binding: [UInt8]) async throws(SealingError) -> [UInt8] {
        guard sealed.count >= Self.nonceLength + CryptokiSession.tagLength else { throw .malformed }
        let (nonce, body) = (Array(sealed.prefix(Self.nonceLength)), Array(sealed.dropFirst(Self.nonceLength)))
        do { return try await session.decrypt(body, key: label, nonce: nonce, binding: binding) } catch {
            guard let value = error.value else { throw .unavailable("\(error)") }
            if CryptokiError.invalidData.contains(value) { throw .notAuthentic }
            // A module that says no more than that it failed: what is sealed is at fault if the key works otherwise.
            guard CryptokiError.unspecific.contains(value), try await works() else { throw .unavailable("\(error)") }
            throw .notAuthentic
        }
    }

    private func works() async throws(SealingError) -> Bool {
        let probe = Array("probe".utf8)
        let sealed = try await seal(probe, binding: probe)
        let (nonce, body) = (Array(sealed.prefix(Self.nonceLength)), Array(sealed.dropFirst(Self.nonceLength)))
        return (try? await session.decrypt(body, key: label, nonce: nonce, binding: probe)) == probe
    }
}
