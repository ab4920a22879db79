import Crypto
package import EventStore
import Sealing

/// A request or an answer of a call-back, as its signature covers it:
///
///     Zentriq-Signature: t=<seconds since 1970>,v1=<HMAC-SHA256 over "t.key.body", 64 lower-case hexadecimal digits>
///
/// An answer is signed with the key of its request, so that the answer to another request is none to this one.
package struct SignedMessage: Sendable {
    package static let headerName = "Zentriq-Signature"
    /// Between the time of a signature and the clock of whoever verifies it, either way.
    package static let toleranceSeconds: Int64 = 300

    /// The `Idempotency-Key` of the request. Without a dot, so that what is signed can be taken apart in one way only.
    package let idempotencyKey: String
    package let body: [UInt8]

    package init(idempotencyKey: String, body: [UInt8]) {
        self.idempotencyKey = idempotencyKey
        self.body = body
    }

    /// The value of the header.
    package func signature(at time: EventTime, with secret: CallBackSecret) -> String {
        let seconds = String(time.microseconds / 1_000_000)
        let code = HMAC<SHA256>.authenticationCode(for: signedBytes(seconds), using: secret.key)
        return "t=\(seconds),v1=\(Hex.encode(code))"
    }

    /// - Parameter values: of all headers of that name. The code is compared in constant time.
    package func verify(
        _ values: [String], at now: EventTime, with secret: CallBackSecret
    ) throws(SignatureFault) {
        guard let value = values.first else { throw .missing }
        guard values.count == 1 else { throw .repeated }
        guard let signature = ParsedSignature(value), isUnambiguous else { throw .malformed }
        guard
            HMAC<SHA256>.isValidAuthenticationCode(
                signature.code, authenticating: signedBytes(signature.seconds), using: secret.key)
        else { throw .wrong }
        // Only now, so that a stranger learns nothing of our clock.
        let age = now.microseconds / 1_000_000 - signature.time
        guard age <= Self.toleranceSeconds else { throw .tooOld }
        guard age >= -Self.toleranceSeconds else { throw .inFuture }
    }

    private var isUnambiguous: Bool { !idempotencyKey.isEmpty && !idempotencyKey.utf8.contains(UInt8(ascii: ".")) }

    private func signedBytes(_ seconds: String) -> [UInt8] {
        Array("\(seconds).\(idempotencyKey).".utf8) + body
    }
}

/// Why a message is not taken for signed.
package enum SignatureFault: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    case missing, repeated, malformed
    /// Of another message, key or secret.
    case wrong
    case tooOld = "too_old"
    case inFuture = "in_future"

    package var description: String { rawValue }
}

/// The header's value taken apart; there is one way to write each.
private struct ParsedSignature {
    /// Twelve digits: until the year 33,658.
    private static let secondsDigits = 1...12

    let seconds: String
    let time: Int64
    let code: [UInt8]

    init?(_ value: String) {
        let parts = value.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasPrefix("t="), parts[1].hasPrefix("v1=") else { return nil }
        let seconds = String(parts[0].dropFirst(2))
        // What is read and written again is the same only for plain digits without a sign or leading zeros.
        guard Self.secondsDigits.contains(seconds.utf8.count), let time = Int64(seconds), time >= 0,
            String(time).utf8.elementsEqual(seconds.utf8),
            let code = Hex.decode(parts[1].dropFirst(3)), code.count == SHA256.byteCount
        else { return nil }
        (self.seconds, self.time, self.code) = (seconds, time, code)
    }
}
