package import Billing
import Crypto
package import EventStore
import Foundation

/// Codes that change with time (TOTP, RFC 6238): six digits every thirty seconds, as any authenticator shows them.
package struct OneTimePassword: Sendable {
    package static let digits = 6
    package static let stepSeconds: Int64 = 30
    /// A code is taken for so many steps before and after its own: clocks differ, and people type.
    package static let tolerance: Int64 = 1

    package let algorithm: StaffMember.Algorithm
    private let secret: [UInt8]

    package init(algorithm: StaffMember.Algorithm, secret: [UInt8]) {
        self.algorithm = algorithm
        self.secret = secret
    }

    /// With a new secret, of the length that the hash function has (RFC 4226, section 4, R6).
    package static func random(_ algorithm: StaffMember.Algorithm) -> OneTimePassword {
        OneTimePassword(algorithm: algorithm, secret: RandomBytes.system.make(algorithm == .sha1 ? 20 : 32))
    }

    /// The step whose code this is, of those near a time. The newest, if by chance it is that of two. Nil for a wrong
    /// one.
    package func step(of code: String, at time: EventTime) -> Int64? {
        let now = Self.step(at: time)
        // All are looked at, whichever is right.
        var found: Int64?
        for step in (now - Self.tolerance)...(now + Self.tolerance) where isEqual(code, self.code(at: step)) {
            found = step
        }
        return found
    }

    package static func step(at time: EventTime) -> Int64 { time.microseconds / 1_000_000 / stepSeconds }

    /// The code of a step.
    ///
    /// - Parameter digits: 6, or 8 as in the RFC's own examples.
    package func code(at step: Int64, digits: Int = digits) -> String {
        let counter = withUnsafeBytes(of: step.bigEndian) { Array($0) }
        let key = SymmetricKey(data: secret)
        let hash: [UInt8] =
            switch algorithm {
            case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: key))
            case .sha256: Array(HMAC<SHA256>.authenticationCode(for: counter, using: key))
            }
        // RFC 4226, section 5.3: four bytes, from where the last one says, without the sign.
        let offset = Int(hash[hash.count - 1] & 0x0F)
        let number = hash[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        var power: UInt32 = 1
        for _ in 0..<digits { power *= 10 }
        let text = String(number % power)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// For an authenticator to scan. Holds the secret: shown once, kept nowhere.
    ///
    /// - Parameter name: of the person, as the authenticator shows it.
    package func address(of name: String) -> String {
        let label = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "otpauth://totp/zentriq:\(label)?secret=\(Base32.encode(secret))&issuer=zentriq"
            + "&algorithm=\(algorithm.rawValue)&digits=\(Self.digits)&period=\(Self.stepSeconds)"
    }

    /// For sealing.
    var bytes: [UInt8] { secret }

    private func isEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        return left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension OneTimePassword: CustomStringConvertible, CustomReflectable {
    /// Never the secret.
    package var description: String { "OneTimePassword(\(algorithm.rawValue))" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
