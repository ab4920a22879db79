/// Why there is no receipt. The request is to be made again: nothing here says that it never can succeed.
///
/// Fit for a log line: nothing of the request is in it, nor of the answer but its status.
package enum CallBackFailure: Error, Sendable, Equatable {
    /// No connection, none that can be trusted, or one that broke.
    case unreachable(String)
    case timeout
    /// The caller went away.
    case cancelled
    /// Not 200. Redirects are not followed.
    case status(UInt)
    case answerTooLarge
    case notSigned(SignatureFault)
    case malformedReceipt
    /// The receipt names another request or another receiver.
    case receiptOfAnother
}

extension CallBackFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(let reason): "unreachable: \(reason)"
        case .timeout: "timeout"
        case .cancelled: "cancelled"
        case .status(let status): "status_\(status)"
        case .answerTooLarge: "answer_too_large"
        case .notSigned(let fault): "signature_\(fault)"
        case .malformedReceipt: "malformed_receipt"
        case .receiptOfAnother: "receipt_of_another"
        }
    }
}
