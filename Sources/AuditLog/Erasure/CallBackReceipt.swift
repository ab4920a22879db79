import CanonicalJSON
import Crypto
package import EventStore
import Foundation

/// The receiver's word that it has done what it was asked to:
///
///     {"request":"<UUID>","store":"<name>","erased":<how many things>,"at":"<RFC 3339>"}
package struct CallBackReceipt: Sendable, Equatable {
    /// The range of numbers that every JSON reader holds exactly.
    private static let counts: ClosedRange<Int64> = 0...9_007_199_254_740_991

    /// As it came.
    package let bytes: [UInt8]
    /// Of `bytes`.
    package let sha256: [UInt8]
    /// How many things were erased, or subscriptions cancelled; 0 if there was none.
    package let erased: Int64
    /// When, by the receiver's clock.
    package let at: EventTime

    /// - Throws: ``CallBackFailure/malformedReceipt``, ``CallBackFailure/receiptOfAnother``.
    init(_ bytes: [UInt8], of request: UUID, by name: String) throws(CallBackFailure) {
        guard let object = (try? JSONParser.parse(bytes))?.objectValue, object.count == 4,
            let id = object["request"]?.stringValue, let store = object["store"]?.stringValue,
            let erased = object["erased"]?.integerValue, Self.counts.contains(erased),
            let time = object["at"]?.stringValue.flatMap({ RFC3339.parse($0) })
        else { throw .malformedReceipt }
        guard id == request.lowercaseText, store == name else { throw .receiptOfAnother }
        self.bytes = bytes
        self.sha256 = Array(SHA256.hash(data: bytes))
        self.erased = erased
        self.at = EventTime(microseconds: time)
    }
}
