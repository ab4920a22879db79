import CanonicalJSON
import Edge
import EventStore
import HTTPTypes
import Hummingbird
import Logging
import TransparencyLog

/// A client's wish for the receipt along with the answer: `Prefer: receipt` (RFC 7240), or `?receipt=true`.
struct ReceiptPreference: Sendable {
    let isWanted: Bool

    init(_ request: Request, _ query: inout QueryReader) {
        let flag = query.optionalBoolean("receipt")
        isWanted = flag ?? Self.prefersReceipt(request.headers)
    }

    /// Preferences stand between commas, each with parameters of its own; a value makes it another preference.
    private static func prefersReceipt(_ headers: HTTPFields) -> Bool {
        headers[values: .prefer].contains { field in
            field.split(separator: ",").contains { preference in
                preference.prefix { $0 != ";" }.trimmingOptionalWhitespace().lowercased() == "receipt"
            }
        }
    }
}

extension Admitted {
    /// The answer to a command: as it was stored, marked if it is that of an earlier request, and with the receipt of
    /// its first event if the client prefers that.
    ///
    /// What was carried out is answered even if no receipt can be had at present: then it isn't marked as applied, and
    /// can be asked for by position later.
    func answer(
        _ accepted: Accepted, of tenant: TenantID, new: HTTPResponse.Status, replayed: HTTPResponse.Status
    ) async -> Response {
        var headers = HTTPFields()
        if accepted.isReplay { headers[.idempotencyReplayed] = "true" }
        var body = accepted.response
        if let receipts, let position = accepted.position {
            do {
                guard let receipt = try await receipts.receipt(at: position, of: tenant) else {
                    throw LogError.corrupt("position \(position.rawValue) is missing")
                }
                body = Self.adding(receipt.encoded(), to: body)
                headers[.preferenceApplied] = "receipt"
            } catch {
                logger.error("no receipt for an answer", metadata: ["error": "\(error)"])
            }
        }
        return json(accepted.isReplay ? replayed : new, body, headers: headers)
    }

    /// Adds the member `receipt` at the end of a JSON object that has members.
    static func adding(_ receipt: [UInt8], to object: [UInt8]) -> [UInt8] {
        var text = CanonicalWriter(reserving: receipt.count + 64)
        text.string(String(decoding: receipt, as: UTF8.self))
        return object.dropLast() + Array(#","receipt":"#.utf8) + text.bytes + [UInt8(ascii: "}")]
    }
}

extension Substring {
    fileprivate func trimmingOptionalWhitespace() -> Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

// Unwrapping cannot fail: each literal is a token of RFC 9110.
extension HTTPField.Name {
    static let prefer = HTTPField.Name("Prefer")!
    static let preferenceApplied = HTTPField.Name("Preference-Applied")!
}
