import Billing
import CreditDomain
import EventStore
import Foundation

extension History {
    /// Acknowledged: there exactly once. Refused: not there. Unknown: there once, or not at all.
    func checkPresence() -> [Violation] {
        var violations: [Violation] = []
        for wish in wishes where wish.isWrite {
            let found = fulfilments[wish.number]
            let attempts = attemptsOfWish[wish.number]
            if found.count > 1 {
                violations.append(
                    Violation(.doubled, "\(name(wish)) is at positions \(found.map(\.position))"))
            }
            let receipts = attempts.compactMap { attempt -> Answer.Receipt? in
                if case .accepted(let receipt) = attempt.answer { receipt } else { nil }
            }
            if let receipt = receipts.first {
                if found.isEmpty {
                    violations.append(Violation(.lost, "\(name(wish)) was acknowledged and is not in the log"))
                } else if found.count == 1, (receipt.debitPosition ?? receipt.position) != found[0].position {
                    violations.append(
                        Violation(.lost, "\(name(wish)) is at \(found[0].position), not where its answer says"))
                }
                if receipts.contains(where: { $0.body != receipt.body }) {
                    violations.append(Violation(.answer, "\(name(wish)) got different answers for one key"))
                }
            } else if wish.isKeyed, !Attempt.settle(attempts) {
                violations.append(Violation(.unsettled, "\(name(wish)) has no answer"))
            }
            for attempt in attempts {
                guard case .refused(let refusal) = attempt.answer else { continue }
                let made = (entriesOfRequest[attempt.request] ?? []).filter { !$0.isUnasked }
                if let entry = made.first {
                    violations.append(
                        Violation(
                            .refusedButPresent,
                            "\(name(wish)) was refused with \(refusal.status) and is at position \(entry.position)"))
                }
            }
        }
        return violations + checkPhantoms() + checkIdentifiers()
    }

    /// Whatever came from a request must have been asked for.
    private func checkPhantoms() -> [Violation] {
        let requests = Set(attempts.map(\.request))
        return entries.compactMap { entry in
            if let request = entry.request, requests.contains(request) { return nil }
            if entry.isUnasked { return nil }
            return Violation(.phantom, "the event at position \(entry.position) was asked for by nobody")
        }
    }

    /// Whatever request it came with: a capture is recorded and debited once, refunded once; a hold ends once.
    private func checkIdentifiers() -> [Violation] {
        struct Fact: Hashable {
            let tenant: TenantID
            let name: String
        }
        var seen: [Fact: Int64] = [:]
        var violations: [Violation] = []
        for entry in entries {
            let names: [String] =
                switch entry.event {
                case .capture(let record): ["capture \(record.id.lowercaseText)"]
                case .credit(.debited(let debited)):
                    ["debit \(debited.debit.rawValue)"] + (debited.hold.map { ["end of hold \($0.rawValue)"] } ?? [])
                case .credit(.refunded(let refunded)): ["refund \(refunded.debit.rawValue)"]
                case .credit(.held(let held)): ["hold \(held.hold.rawValue)"]
                case .credit(.holdVoided(let hold)), .credit(.holdExpired(let hold)): ["end of hold \(hold.rawValue)"]
                case .credit(.granted(let granted)): ["grant \(entry.stream.stream.name) \(granted.reference)"]
                case .credit(.grantExpired), .credit(.checked), .tenantRegistered, .subjectRegistered, .auditRead,
                    .carried, .sealed,
                    .policyAdopted, .holdPlaced, .holdReleased, .swept, .privacy, .usageCounted, .erasure, .padded,
                    .restored, .token, .staff, .keyEncryption, .witnessed:
                    []
                }
            for name in names {
                if let earlier = seen.updateValue(entry.position, forKey: Fact(tenant: entry.stream.tenant, name: name))
                {
                    violations.append(
                        Violation(.doubled, "\(name) is at positions \(earlier) and \(entry.position)"))
                }
            }
        }
        return violations
    }

    /// Positions without gaps, and accounts whose every event the ones before allow.
    func checkHistory() -> [Violation] {
        var violations: [Violation] = []
        for (earlier, later) in zip(entries, entries.dropFirst()) {
            if later.position <= earlier.position {
                violations.append(Violation(.history, "position \(later.position) follows \(earlier.position)"))
            }
            if later.recordedAt < earlier.recordedAt {
                violations.append(Violation(.history, "at position \(later.position) the time goes back"))
            }
        }
        for timeline in accounts.values {
            violations += timeline.contradictions.map { Violation(.history, $0) }
        }
        return violations
    }
}
