package import Foundation

/// One request for a wish, and what came back.
package struct Attempt: Sendable {
    package let wish: Int
    /// The request's identifier, which its events carry. No two attempts share one.
    package let request: UUID
    /// Nanoseconds of the monotonic clock, before the first byte was sent and after the last byte was received.
    package let invoked: UInt64
    package let answered: UInt64
    package let answer: Answer

    package init(wish: Int, request: UUID, invoked: UInt64, answered: UInt64, answer: Answer) {
        self.wish = wish
        self.request = request
        self.invoked = invoked
        self.answered = answered
        self.answer = answer
    }

    /// Whether the attempts for a wish, in the order of their answers, tell what came of it. An unknown one is settled
    /// by an answer to a later one; that nothing was recorded of the later one says nothing about it.
    static func settle(_ attempts: [Attempt]) -> Bool {
        var isOpen = false
        for attempt in attempts {
            switch attempt.answer {
            case .accepted, .balance: return true
            case .unknown: isOpen = true
            case .refused(let refusal): if refusal.isDecision { isOpen = false }
            }
        }
        return !isOpen
    }
}

package enum Answer: Sendable, Equatable {
    /// It is in the log, says the service.
    case accepted(Receipt)
    /// The balance, for a read.
    case balance(BalanceAnswer)
    /// It is not in the log and won't be, says the service.
    case refused(Refusal)
    /// No answer, half an answer, or one that says it is not known.
    case unknown(String)

    /// What a command's answer says that can be held against the log.
    package struct Receipt: Sendable, Equatable {
        package var position: Int64
        /// Of the debit, for a capture that was paid for.
        package var debitPosition: Int64?
        package var available: Int64
        package var held: Int64?
        package var allowed: Bool?
        package var hold: String?
        package var isReplay: Bool
        package var body: [UInt8]

        package init(
            position: Int64, debitPosition: Int64? = nil, available: Int64, held: Int64? = nil, allowed: Bool? = nil,
            hold: String? = nil, isReplay: Bool, body: [UInt8]
        ) {
            self.position = position
            self.debitPosition = debitPosition
            self.available = available
            self.held = held
            self.allowed = allowed
            self.hold = hold
            self.isReplay = isReplay
            self.body = body
        }
    }

    package struct BalanceAnswer: Sendable, Equatable {
        /// Of the account's newest event; nil before the first.
        package var position: Int64?
        /// Microseconds since 1970.
        package var asOf: Int64
        package var available: Int64
        package var held: Int64
        package var posted: Int64

        package init(position: Int64?, asOf: Int64, available: Int64, held: Int64, posted: Int64) {
            self.position = position
            self.asOf = asOf
            self.available = available
            self.held = held
            self.posted = posted
        }
    }

    package struct Refusal: Sendable, Equatable {
        package var status: Int
        /// The last part of the problem's type.
        package var problem: String
        package var available: Int64?

        /// What the account says no to. Otherwise the service can't at the moment, or was never reached (status 0).
        package var isDecision: Bool { ![0, 429, 503].contains(status) }

        package init(status: Int, problem: String, available: Int64? = nil) {
            self.status = status
            self.problem = problem
            self.available = available
        }
    }
}
