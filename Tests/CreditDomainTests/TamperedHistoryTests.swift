import CreditDomain
import Testing

/// A log somebody changed must stop a replay, or at worst tell another possible story; it must never crash it.
@Suite("Tampered histories")
struct TamperedHistoryTests {
    static let seeds = Seeds.fresh(6)

    @Test("a changed event is refused without effect, or leaves a state that keeps every invariant", arguments: seeds)
    func mutatedEvents(seed: UInt64) throws {
        print("seed \(seed)")
        var account = Account()
        var source = CommandSource(seed: seed)
        for _ in 0..<600 {
            _ = Result { () throws(CreditError) in try account.run(source.next(for: account), at: source.now) }
        }
        var random = SplitMix64(seed: seed)
        var state = AccountState()
        var refused = 0
        for event in account.history {
            for mutant in Mutation.mutants(of: event, using: &random) {
                var changed = state
                do {
                    try evolve(&changed, mutant)
                    let snapshot = Result { () throws(CreditError) in
                        try AccountState(grants: changed.grants, holds: changed.holds, totals: changed.totals)
                    }
                    #expect(snapshot == .success(changed), "\(mutant)")
                } catch {
                    refused += 1
                    #expect(changed == state, "a refused event changes nothing: \(mutant)")
                }
            }
            try evolve(&state, event)
        }
        #expect(refused > account.history.count)
    }

    @Test("an event that came once cannot come again", arguments: seeds)
    func repeatedEvents(seed: UInt64) throws {
        print("seed \(seed)")
        var account = Account()
        var source = CommandSource(seed: seed)
        for _ in 0..<400 {
            _ = Result { () throws(CreditError) in try account.run(source.next(for: account), at: source.now) }
        }
        var state = AccountState()
        for event in account.history {
            try evolve(&state, event)
            switch event {
            case .granted, .held, .holdVoided, .holdExpired, .grantExpired:
                #expect(throws: CreditError.self) { try evolve(&state, event) }
            case .debited(let debited) where debited.hold != nil:
                #expect(throws: CreditError.self) { try evolve(&state, event) }
            case .debited, .refunded, .checked:
                // A repeated debit or refund is caught by its own stream.
                break
            }
        }
        for (id, debit) in account.debits {
            var folded: Debit?
            for event in account.history where event.debit == id {
                try Debit.evolve(&folded, event)
                #expect(throws: CreditError.self) { try Debit.evolve(&folded, event) }
            }
            #expect(folded == debit)
        }
    }
}

extension CreditEvent {
    fileprivate var debit: DebitID? {
        switch self {
        case .debited(let debited): debited.debit
        case .refunded(let refunded): refunded.debit
        default: nil
        }
    }
}
