import EventStore
import Foundation
import TransparencyLog

/// What is kept under a key: the answer that a retry gets.
struct StoredAnswer: Sendable {
    let key: OutcomeKey
    let fingerprint: TreeHash?
    /// Of the first event of its command.
    let position: Int64
    let response: [UInt8]
    /// Of the event that the command was about, as the answer says.
    let subject: Int64?

    /// - Parameter key: nil if it does not have 32 bytes.
    init(tenant: UUID, key: TreeHash?, fingerprint: TreeHash?, position: Int64, response: [UInt8]) {
        self.key = OutcomeKey(TenantID(tenant), key ?? MerkleTree.emptyRoot)
        self.fingerprint = fingerprint
        self.position = position
        self.response = response
        subject =
            Self.number(after: "\"position\":\"", in: response) ?? Self.number(after: "\"capture\":\"", in: response)
    }

    /// The elements of two arrays are compared one by one, their memory at once.
    func says(_ answer: [UInt8]) -> Bool {
        response.withUnsafeBytes { response in
            answer.withUnsafeBytes { answer in
                guard response.count == answer.count, let left = response.baseAddress, let right = answer.baseAddress
                else { return response.count == answer.count }
                return memcmp(left, right, answer.count) == 0
            }
        }
    }

    /// Found without reading the answer: a quotation mark in a value is escaped, so these bytes can only be a name.
    private static func number(after name: StaticString, in response: [UInt8]) -> Int64? {
        response.withUnsafeBytes { bytes in
            let length = name.utf8CodeUnitCount
            guard let base = bytes.baseAddress, bytes.count > length,
                let found = (0..<bytes.count - length).first(where: { offset in
                    bytes[offset] == 0x22 && memcmp(base + offset, name.utf8Start, length) == 0
                })
            else { return nil }
            var value: Int64 = 0
            var next = found + length
            let start = next
            while next < bytes.count, next - start < 18, (0x30...0x39).contains(bytes[next]) {
                value = value * 10 + Int64(bytes[next] - 0x30)
                next += 1
            }
            return next > start && next < bytes.count && bytes[next] == 0x22 ? value : nil
        }
    }
}
