import CreditDomain
import EventStore
import Foundation
import TortureHistory

/// Everything a round has seen, for whoever has to find out what went wrong.
enum HistoryFile {
    static func write(_ history: History, _ violations: [Violation], to path: String) throws {
        var text = violations.map { "VIOLATION \($0)\n" }.joined()
        for attempt in history.attempts {
            let wish = history.wishes[attempt.wish]
            text += """
                ATTEMPT wish=\(wish.number) tenant=\(wish.account.tenant.rawValue.lowercaseText) \
                product=\(wish.account.product.rawValue) \(wish.kind) request=\(attempt.request.lowercaseText) \
                invoked=\(attempt.invoked) answered=\(attempt.answered) \(attempt.answer.text)

                """
        }
        for entry in history.entries {
            text += """
                EVENT \(entry.position) recorded=\(entry.recordedAt) tenant=\(entry.stream.tenant.rawValue.lowercaseText) \
                \(entry.stream.stream.name) request=\(entry.request?.lowercaseText ?? "-") \(entry.event)

                """
        }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
}

extension Answer {
    fileprivate var text: String {
        switch self {
        case .accepted(let receipt): "accepted \(String(decoding: receipt.body, as: UTF8.self))"
        case .balance(let balance): "\(balance)"
        case .refused(let refusal): "\(refusal)"
        case .unknown(let reason): "unknown: \(reason)"
        }
    }
}
