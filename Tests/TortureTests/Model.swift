import Billing
import CreditDomain
import EventStore
import Foundation
import TortureHistory

/// A service that keeps its promises, in memory: what it answers and what its log holds, as the harness would have
/// written it down. Tests then take something away from it, or add something.
struct Model {
    var wishes: [Wish] = []
    var attempts: [Attempt] = []
    var entries: [LogEntry] = []
    let account = Account(tenant: TenantID(UUID()), product: .punchout)
    private var state = AccountState()
    private var now: UInt64 = 1_000
    private var answered: [Int: Answer.Receipt] = [:]
    private var random: TestRandom

    init(seed: UInt64) {
        random = TestRandom(state: seed)
    }

    private var time: Timestamp { Timestamp(microseconds: 1_700_000_000_000_000 + Int64(now)) }

    var history: History { History(wishes: wishes, attempts: attempts, entries: entries) }

    mutating func wish(_ kind: Wish.Kind) -> Wish {
        let wish = Wish(number: wishes.count, account: account, kind: kind)
        wishes.append(wish)
        return wish
    }

    /// Carries the wish out, and tells the client, or doesn't.
    @discardableResult
    mutating func ask(_ wish: Wish, isHeard: Bool = true) -> Answer {
        let request = UUID()
        let invoked = now
        now += 10
        let answer = carryOut(wish, request)
        now += 10
        attempts.append(
            Attempt(
                wish: wish.number, request: request, invoked: invoked, answered: now,
                answer: isHeard ? answer : .unknown("the line went dead")))
        now += 10
        return answer
    }

    /// Things that happen in a busy minute, among them lost answers and second tries.
    mutating func live(_ steps: Int) {
        ask(wish(.grant(units: 20, reference: "first")))
        var captures: [UUID] = []
        var holds: [String] = []
        for step in 0..<steps {
            let isHeard = Int.random(in: 0..<10, using: &random) > 0
            let kind: Wish.Kind
            switch Int.random(in: 0..<9, using: &random) {
            case 0: kind = .check(units: 2)
            case 1: kind = .hold(units: 2)
            case 2: kind = holds.popLast().map { .voidHold($0) } ?? .read
            case 3: kind = .grant(units: 3, reference: "grant \(step)")
            case 4: kind = captures.popLast().map { .refund(capture: $0) } ?? .read
            case 5: kind = .capture(UUID(), hold: holds.popLast(), paid: true)
            case 6: kind = .capture(UUID(), hold: nil, paid: false)
            case 7: kind = .read
            default: kind = .capture(UUID(), hold: nil, paid: true)
            }
            let wish = wish(kind)
            let answer = ask(wish, isHeard: isHeard)
            if !isHeard, wish.isKeyed { ask(wish) }
            if case .accepted(let receipt) = answer {
                if case .capture(let id, _, paid: true) = kind { captures.append(id) }
                if let hold = receipt.hold { holds.append(hold) }
            }
        }
    }

    private mutating func carryOut(_ wish: Wish, _ request: UUID) -> Answer {
        if wish.isKeyed, var earlier = answered[wish.number] {
            earlier.isReplay = true
            return .accepted(earlier)
        }
        do {
            switch wish.kind {
            case .read:
                return .balance(
                    Answer.BalanceAnswer(
                        position: entries.last { $0.stream.stream == Streams.account(.punchout) }?.position,
                        asOf: time.microseconds, available: state.available(at: time).rawValue,
                        held: state.held(at: time).rawValue, posted: state.posted(at: time).rawValue))
            case .check(let units): return accept(wish, try decided(.check(units: Credits(units)), request))
            case .hold(let units):
                let id = UUID().lowercaseText
                let position = try decided(
                    .hold(id: HoldID(id), units: Credits(units), timeToLiveSeconds: 3_600), request)
                return accept(wish, position, hold: id)
            case .voidHold(let hold): return accept(wish, try decided(.voidHold(HoldID(hold)), request))
            case .grant(let units, let reference):
                return accept(
                    wish,
                    try decided(
                        .grant(GrantRequest(source: .purchase, reference: reference, units: Credits(units))), request))
            case .refund(let capture):
                return accept(wish, try decided(.refund(try debit(of: capture)), request))
            case .capture(let id, let hold, let paid):
                var debited: Int64?
                if paid {
                    debited = try decided(
                        .debit(id: DebitID(id.lowercaseText), units: Credits(1), hold: hold.map(HoldID.init)), request)
                }
                let record = CaptureRecord(
                    id: id, product: .punchout, vendorHost: "a.example", lineCount: 1, capturedAt: time,
                    outcome: paid ? .success : .failure)
                return accept(wish, append(.capture(record), Streams.captures(.punchout), request), debit: debited)
            }
        } catch let error as CreditError {
            if case .insufficientCredits(let available) = error {
                return .refused(Answer.Refusal(status: 402, problem: "insufficient", available: available.rawValue))
            }
            return .refused(Answer.Refusal(status: 409, problem: "conflict"))
        } catch {
            return .unknown("\(error)")
        }
    }

    private func debit(of capture: UUID) throws -> Debit {
        var debit: Debit?
        for entry in entries {
            guard case .credit(let event) = entry.event else { continue }
            switch event {
            case .debited(let debited) where debited.debit.rawValue == capture.lowercaseText:
                try Debit.evolve(&debit, event)
            case .refunded(let refunded) where refunded.debit.rawValue == capture.lowercaseText:
                try Debit.evolve(&debit, event)
            default: break
            }
        }
        guard let debit else { throw CreditError.unknownDebit }
        return debit
    }

    private mutating func decided(_ command: CreditCommand, _ request: UUID) throws -> Int64 {
        var position: Int64 = -1
        for event in try decide(command, state, now: time) {
            try evolve(&state, event)
            var stream = Streams.account(.punchout)
            if case .checked = event { stream = Streams.usage(.punchout) }
            position = append(.credit(event), stream, request)
        }
        return position
    }

    private mutating func append(_ event: DomainEvent, _ stream: StreamID, _ request: UUID) -> Int64 {
        let position = Int64(entries.count)
        entries.append(
            LogEntry(
                position: position, recordedAt: time.microseconds, stream: StreamKey(account.tenant, stream),
                request: request, event: event))
        return position
    }

    private mutating func accept(_ wish: Wish, _ position: Int64, debit: Int64? = nil, hold: String? = nil) -> Answer {
        var receipt = Answer.Receipt(
            position: position, debitPosition: debit, available: state.available(at: time).rawValue, hold: hold,
            isReplay: false, body: Array("\(position)".utf8))
        if case .check(let units) = wish.kind {
            receipt.held = state.held(at: time).rawValue
            receipt.allowed = units <= receipt.available
        }
        answered[wish.number] = receipt
        return .accepted(receipt)
    }
}

struct TestRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}

enum Seeds {
    static var fresh: [UInt64] {
        if let seed = ProcessInfo.processInfo.environment["ZENTRIQ_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        return (0..<5).map { _ in UInt64.random(in: 0...UInt64.max) }
    }
}
