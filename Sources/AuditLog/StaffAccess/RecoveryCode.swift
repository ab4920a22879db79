import Crypto
import EventStore
package import Foundation
import Sealing

/// A code for the day on which a factor is lost: kept on paper, in a sealed envelope, and used once. Good for changes
/// of the
/// roster alone, never for an access.
///
/// 128 random bits: nobody finds one by trying, however fast a hash is. So one round of SHA-256, over the member's
/// identifier
/// too, keeps them; a slow hash is for what people think up.
package struct RecoveryCode: Sendable {
    package static let byteCount = 16
    /// That each member gets.
    package static let count = 8

    private let bytes: [UInt8]

    package static func random() -> RecoveryCode { RecoveryCode(bytes: RandomBytes.system.make(byteCount)) }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Nil if the text is none. Case, spaces and hyphens don't matter.
    package init?(parsing text: String) {
        let digits = text.lowercased().filter { $0 != "-" && $0 != " " }
        guard digits.utf8.count == Self.byteCount * 2, let bytes = Hex.decode(digits) else { return nil }
        self.bytes = bytes
    }

    /// Eight groups of four hexadecimal digits. Shown once, kept nowhere.
    package var text: String {
        let digits = Array(Hex.encode(bytes))
        return stride(from: 0, to: digits.count, by: 4).map { String(digits[$0..<$0 + 4]) }.joined(separator: "-")
    }

    package func hash(of member: UUID) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Array("zentriq-staff-recovery/v1\n".utf8))
        withUnsafeBytes(of: member.uuid) { hash.update(bufferPointer: $0) }
        hash.update(data: bytes)
        return Array(hash.finalize())
    }
}

extension RecoveryCode: CustomStringConvertible, CustomReflectable {
    /// Never the code.
    package var description: String { "RecoveryCode" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
