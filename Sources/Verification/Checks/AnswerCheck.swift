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
    /// Answers in the order of the events that they are about.
    private var waiting: [StoredAnswer] = []
    /// The first of them whose event has not come by yet.
    private var next = 0
    /// Answers about events that had come by before they were found.
    private var late: [StoredAnswer] = []
    private var newestDebit: (position: Int64, debited: Debited)?
    /// The newest position whose event is gone by right.
    private var newestGone: Int64?
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
        waiting.removeFirst(next)
        next = 0
        for answer in answers {
            count += 1
            guard let subject = answer.subject, subject >= answer.position else {
                findings.add(at: answer.position, "the stored answer names no position of its own")
                continue
            }
            waiting.append(answer)
        }
        waiting.sort { ($0.subject ?? 0, $0.position) < ($1.subject ?? 0, $1.position) }
    }

    /// - Parameter account: gives the state after the event.
    mutating func take(
        _ row: CheckedRow, _ header: CheckedRow.Header, _ decoded: DomainEvent,
        account: (StreamKey) -> AccountState?, findings: inout Findings
    ) {
        let position = row.position
        let key = row.answerKey
        // A row that is not what was written does not end a command.
        if row.faults.isEmpty { continueRun(header, at: position) } else { doubtful = doubtful ?? position }
        if case .credit(.debited(let debited)) = decoded { newestDebit = (position, debited) }
        let answers = takeWaiting(position)
        if case .sealed = decoded {
            // It has one, whatever it says.
            if isComplete, start == 0 || run?.start != start, answers.count != 1 {
                findings.add(at: position, "\(answers.count) answers are kept for the event, not 1")
            }
            return
        }
        let count = AnsweredEvent.count(for: decoded)
        guard count > 0 || !answers.isEmpty, start == 0 || run?.start != start else { return }
        let product = decoded.product(in: header.stream.stream)
        guard product != nil || count > 0 else {
            return findings.add(at: position, "an answer is kept for an event that has none")
        }
        let answered = AnsweredEvent(
            position: position, recordedAt: header.recordedAt, tenant: header.stream.tenant, decoded: decoded,
            fingerprint: row.fingerprint, key: row.key, product: product,
            account: product.flatMap { account(StreamKey(header.stream.tenant, Streams.account($0))) },
            debit: newestDebit, isPreviousGone: newestGone == position - 1)
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
        let position = answered.position
        if answer.key.tenant != answered.tenant {
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
    ///
    /// - Parameter isGone: by right.
    mutating func skip(_ position: Int64, isGone: Bool = false) {
        if isGone { newestGone = position }
        _ = takeWaiting(position)
        doubtful = doubtful ?? position
    }

    /// Answers about the event of this position, the lowest that has not come by yet.
    private mutating func takeWaiting(_ position: Int64) -> ArraySlice<StoredAnswer> {
        while next < waiting.count, waiting[next].subject ?? 0 < position {
            late.append(waiting[next])
            next += 1
        }
        let first = next
        while next < waiting.count, waiting[next].subject == position { next += 1 }
        return waiting[first..<next]
    }

    /// Answers whose event did not come.
    mutating func finish(findings: inout Findings) {
        for answer in late + waiting[next...] {
            let subject = answer.subject ?? -1
            findings.add(
                at: answer.position, "the stored answer is about position \(subject), which the log does not have")
        }
        (waiting, next, late) = ([], 0, [])
    }

    private mutating func continueRun(_ header: CheckedRow.Header, at position: Int64) {
        defer { doubtful = nil }
        if let run, run.tenant == header.stream.tenant, run.time == header.recordedAt, run.request == header.request {
            return
        }
        run = (doubtful ?? position, header.stream.tenant, header.recordedAt, header.request)
    }
}

extension DomainEvent {
    /// Whose account it is about.
    fileprivate func product(in stream: StreamID) -> Product? {
        if case .capture(let record) = self { record.product } else { Streams.product(ofAccount: stream) }
    }
}
