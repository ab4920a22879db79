import Crypto
import Foundation

/// The data key of one generation of a stored token, unwrapped. Each generation has a key of its own, so that the one
/// before is gone with its key.
package struct TokenKey: Sendable {
    /// What is sealed under it: each under a key derived for it, in a format of its own.
    package enum Purpose: Sendable, CaseIterable {
        /// The refresh token.
        case token
        /// What the identity provider answered last.
        case answer

        fileprivate var format: StaticString {
            switch self {
            case .token: "zentriq-sealed-token/v1"
            case .answer: "zentriq-sealed-answer/v1"
            }
        }

        fileprivate var keyInfo: StaticString {
            switch self {
            case .token: "zentriq-token-key/v1"
            case .answer: "zentriq-answer-key/v1"
            }
        }

        fileprivate var commitmentInfo: StaticString {
            switch self {
            case .token: "zentriq-token-key-commitment/v1"
            case .answer: "zentriq-answer-key-commitment/v1"
            }
        }
    }

    package static let format: UInt8 = 0x01
    package static let commitmentLength = 32
    /// Of an envelope, beyond what is in it: `0x01 ‖ key commitment (32) ‖ nonce (12) ‖ … ‖ tag (16)`.
    package static let overhead = 1 + commitmentLength + 12 + 16

    package let place: TokenPlace
    private let secret: SymmetricKey
    private let root: HashedAuthenticationCode<SHA256>

    private init(_ secret: SymmetricKey, _ place: TokenPlace) {
        self.place = place
        self.secret = secret
        root = withUnsafeBytes(of: place.record.uuid) {
            HKDF<SHA256>.extract(inputKeyMaterial: secret, salt: [UInt8]($0))
        }
    }

    /// A new key for a place.
    package init(for place: TokenPlace) {
        self.init(SymmetricKey(size: .bits256), place)
    }

    /// How it is kept, with the version that wraps now.
    package func wrapped(by keys: KeyEncryptionKeys) async throws(SealingError) -> WrappedKey {
        try await keys.wrap(secret, for: .token(place))
    }

    /// The key of a row. Throws if it is not what was written there, or the key-encryption key is not at hand.
    package init(
        unwrapping wrapped: WrappedKey, with keys: KeyEncryptionKeys, for place: TokenPlace
    ) async throws(SealingError) {
        self.init(try await keys.unwrap(wrapped, of: .token(place)), place)
    }

    package func seal(_ plain: some Collection<UInt8>, as purpose: Purpose) -> [UInt8] {
        let binding = place.associatedData(purpose.format).bytes
        guard let box = try? AES.GCM.seal(Array(plain), using: key(purpose), authenticating: binding),
            let sealed = box.combined
        else { preconditionFailure("a key of 256 bits and a nonce of 96 seal whatever there is") }
        return [Self.format] + commitment(purpose) + sealed
    }

    package func open(_ envelope: [UInt8], as purpose: Purpose) throws(SealingError) -> [UInt8] {
        guard envelope.count >= Self.overhead, envelope.first == Self.format else { throw .malformed }
        let body = 1 + Self.commitmentLength
        guard envelope[1..<body].elementsEqual(commitment(purpose)) else { throw .otherKey }
        guard let box = try? AES.GCM.SealedBox(combined: Data(envelope[body...])),
            let plain = try? AES.GCM.open(
                box, using: key(purpose), authenticating: place.associatedData(purpose.format).bytes)
        else { throw .notAuthentic }
        return Array(plain)
    }

    private func key(_ purpose: Purpose) -> SymmetricKey { derived(purpose.keyInfo) }

    private func commitment(_ purpose: Purpose) -> [UInt8] {
        derived(purpose.commitmentInfo).withUnsafeBytes { [UInt8]($0) }
    }

    private func derived(_ info: StaticString) -> SymmetricKey {
        HKDF<SHA256>.expand(
            pseudoRandomKey: root, info: info.withUTF8Buffer { [UInt8]($0) }, outputByteCount: 32)
    }
}

extension TokenKey: CustomStringConvertible, CustomReflectable {
    /// Never the key.
    package var description: String { "TokenKey(\(place.record), generation \(place.generation))" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
