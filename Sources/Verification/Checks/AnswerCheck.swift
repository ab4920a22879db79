import Billing
import CanonicalJSON
import CreditDomain
import EventStore
import Foundation
import TransparencyLog

/// Compares stored answers with the events they are about, as the events come by.
struct AnswerCheck: Sendable {
    /// Whether all answers are looked at, or only those whose key an event tells.
    let isComplete: Bool
    private(set) var count: Int64 = 0
    /// Answers whose event has not come by yet, by its position.
    private var waiting: [Int64: [StoredAnswer]] = [:]
    private var newestDebit: (position: Int64, debited: Debited)?
    private var json = CanonicalWriter(reserving: 1_024)
    /// Where the log is read from. Of a command that began before, some events are not seen.
    private let start: Int64
    /// Where the events began that can belong to one command: same tenant, time and request.
    private var run: (start: Int64, tenant: TenantID, time: EventTime, request: UUID?)?
    /// The first of the rows just before that are not what was written: any of them may have begun a command.
    private var doubtful: Int64?

    init(isComplete: Bool, from start: Int64) {
        self.isComplete = isComplete
        self.start = start
    }

    mutating func take(_ answers: [StoredAnswer], findings: inout Findings) {
        for answer in answers {
            count += 1
            guard let subject = answer.subject, subject >= answer.position else {
                findings.add(at: answer.position, "the stored answer names no position of its own")
                continue
            }
            waiting[subject, default: []].append(answer)
        }
    }

    /// - Parameters:
    ///   - key: that under which an answer must be kept, as far as the event tells.
    ///   - isSound: whether the row is what was written; otherwise it does not end a command.
    ///   - account: gives the state after the event.
    mutating func take(
        _ event: RecordedEvent, _ decoded: DomainEvent, key: TreeHash?, isSound: Bool,
        account: (StreamKey) -> AccountState?,
        findings: inout Findings
    ) {
        let position = event.position.rawValue
        if isSound { continueRun(event) } else { doubtful = doubtful ?? position }
        if case .credit(.debited(let debited)) = decoded { newestDebit = (position, debited) }
        let answers = waiting.isEmpty ? [] : waiting.removeValue(forKey: position) ?? []
        let count = AnsweredEvent.count(for: decoded)
        guard count > 0 || !answers.isEmpty, start == 0 || run?.start != start else { return }
        guard let product = decoded.product(in: event.stream.stream) else {
            return findings.add(at: position, "an answer is kept for an event that has none")
        }
        let answered = AnsweredEvent(
            event: event, decoded: decoded, key: key, product: product,
            account: account(StreamKey(event.stream.tenant, Streams.account(product))), debit: newestDebit)
        for answer in answers { compare(answer, with: answered, findings: &findings) }
        let expected = isComplete ? count : key == nil ? answers.count : 1
        if answers.count != expected {
            findings.add(at: position, "\(answers.count) answers are kept for the event, not \(expected)")
        } else if let key, !answers.contains(where: { $0.key.hash == key }) {
            findings.add(at: position, "no answer is kept under the event's own key: it could happen a second time")
        }
    }

    private mutating func compare(
        _ answer: StoredAnswer, with answered: AnsweredEvent, findings: inout Findings
    ) {
        let position = answered.event.position.rawValue
        if answer.key.tenant != answered.event.stream.tenant {
            findings.add(at: position, "an answer of another tenant is kept for the event")
        }
        if let run, answer.position < run.start {
            findings.add(
                at: position,
                "the stored answer begins at position \(answer.position), where its command did not")
        }
        for fault in answered.faults(of: answer, &json) { findings.add(at: position, fault) }
    }

    /// Where a position is missing, or its row can't be read, nothing is asked of its answers.
    mutating func skip(_ position: Int64) {
        waiting[position] = nil
        doubtful = doubtful ?? position
    }

    /// Answers whose event did not come.
    mutating func finish(findings: inout Findings) {
        for (subject, answers) in waiting.sorted(by: { $0.key < $1.key }) {
            for answer in answers {
                findings.add(
                    at: answer.position, "the stored answer is about position \(subject), which the log does not have")
            }
        }
        waiting = [:]
    }

    private mutating func continueRun(_ event: RecordedEvent) {
        defer { doubtful = nil }
        if let run, run.tenant == event.stream.tenant, run.time == event.recordedAt, run.request == event.request {
            return
        }
        run = (doubtful ?? event.position.rawValue, event.stream.tenant, event.recordedAt, event.request)
    }
}

extension DomainEvent {
    /// Whose account it is about.
    fileprivate func product(in stream: StreamID) -> Product? {
        if case .capture(let record) = self { record.product } else { Streams.product(ofAccount: stream) }
    }
}
