import CreditDomain
import Testing

/// Thousands of random commands against the rules that hold whatever happens.
@Suite("Random histories")
struct AccountPropertyTests {
    static let seeds = Seeds.fresh(6)
    static let commandCount = 1_500

    @Test("every decision agrees with a ledger that works everything out from the history", arguments: seeds)
    func agreesWithLedger(seed: UInt64) throws {
        print("seed \(seed)")
        var account = Account()
        var source = CommandSource(seed: seed)
        var ledger = Ledger([])
        var refusals = 0
        for _ in 0..<Self.commandCount {
            let command = source.next(for: account)
            let before = account.state
            let result = Result { () throws(CreditError) in try account.run(command, at: source.now) }
            let again = Result { () throws(CreditError) in try decide(command, before, now: source.now) }
            #expect(result == again, "the same input gives the same events")
            switch result {
            case .success(let events):
                expectTaken(events, by: command, from: ledger, at: source.now)
                for event in events { ledger.record(event) }
            case .failure(let error):
                refusals += 1
                #expect(account.state == before, "a refused command changes nothing")
                expectRefusal(error, of: command, ledger, account, at: source.now)
            }
            expectInvariants(account.state, ledger, at: source.now)
        }
        #expect(refusals > 0 && account.debits.values.contains { $0.isRefunded } && ledger.sums.expired > 0)
        #expect(ledger.endedHolds.values.allSatisfy { $0 == 1 }, "a hold ends once")
        #expect(ledger.refunds.values.allSatisfy { $0 == 1 }, "a debit is refunded once")
    }

    @Test("settling first changes no amount, and nothing is due after", arguments: seeds)
    func settlingIsNeutral(seed: UInt64) throws {
        print("seed \(seed)")
        var account = Account()
        var source = CommandSource(seed: seed)
        for _ in 0..<Self.commandCount {
            _ = Result { () throws(CreditError) in try account.run(source.next(for: account), at: source.now) }
            for time in [source.now, Timestamp(microseconds: source.now.microseconds + 30_000_000)] {
                var settled = account
                try settled.run(.settle, at: time)
                #expect(settled.state.posted(at: time) == account.state.posted(at: time))
                #expect(settled.state.held(at: time) == account.state.held(at: time))
                #expect(settled.state.available(at: time) == account.state.available(at: time))
                #expect(try decide(.settle, settled.state, now: time) == [])
            }
        }
    }

    @Test("a snapshot taken anywhere and the events after it give the same state", arguments: seeds)
    func replaysFromSnapshots(seed: UInt64) throws {
        print("seed \(seed)")
        var account = Account()
        var source = CommandSource(seed: seed)
        for _ in 0..<Self.commandCount {
            _ = Result { () throws(CreditError) in try account.run(source.next(for: account), at: source.now) }
        }
        var random = SplitMix64(seed: seed)
        var replayed = AccountState()
        for event in account.history {
            if random.chance(10) {
                replayed = try AccountState(
                    grants: replayed.grants, holds: replayed.holds.shuffled(using: &random), totals: replayed.totals)
            }
            try evolve(&replayed, event)
        }
        #expect(replayed == account.state)
        for units in [1, 5, 50] as [Credits] {
            let command = CreditCommand.debit(id: "next", units: units, hold: nil)
            let live = Result { () throws(CreditError) in try decide(command, account.state, now: source.now) }
            let fromReplay = Result { () throws(CreditError) in try decide(command, replayed, now: source.now) }
            #expect(live == fromReplay)
        }
    }
}

extension AccountPropertyTests {
    private func expectInvariants(_ state: AccountState, _ ledger: Ledger, at now: Timestamp) {
        let totals = state.totals
        #expect(totals == ledger.sums)
        #expect(totals.granted - totals.debited + totals.refunded - totals.expired == state.balance.rawValue)
        #expect(state.grants.allSatisfy { $0.remaining.rawValue == ledger.remaining[$0.number] })
        #expect(state.grants.allSatisfy { $0.remaining >= 0 && $0.remaining <= $0.units })
        #expect(state.grants.allSatisfy { $0.reserved >= 0 && $0.reserved <= $0.remaining })
        #expect(Set(state.holds.map(\.id)) == Set(ledger.holds.keys))
        #expect(state.posted(at: now).rawValue == ledger.posted(at: now))
        #expect(state.held(at: now).rawValue == ledger.held(at: now))
        #expect(state.available(at: now).rawValue == ledger.available(at: now))
        let times = [Int64.min, 0, now.microseconds - 10_000_000, now.microseconds + 10_000_000, Int64.max]
        #expect(times.allSatisfy { state.available(at: Timestamp(microseconds: $0)) >= 0 })
    }

    /// What a command took must be what the ledger, knowing the due expiries, would have taken.
    private func expectTaken(
        _ events: [CreditEvent], by command: CreditCommand, from ledger: Ledger, at now: Timestamp
    ) {
        for event in events {
            switch event {
            case .held(let placed):
                #expect(placed.allocations == ledger.allocations(of: placed.units.rawValue, at: now))
            case .debited(let debited) where debited.hold == nil:
                #expect(debited.allocations == ledger.allocations(of: debited.units.rawValue, at: now))
            case .debited(let debited):
                #expect(debited.allocations.reduce(0) { $0 + $1.units.rawValue } == debited.units.rawValue)
            case .checked(let checked):
                #expect(checked.available.rawValue == ledger.available(at: now))
                #expect(checked.allowed == (checked.units <= checked.available))
            default: break
            }
        }
    }

    private func expectRefusal(
        _ error: CreditError, of command: CreditCommand, _ ledger: Ledger, _ account: Account, at now: Timestamp
    ) {
        switch (error, command) {
        case (.insufficientCredits(let available), .hold(_, let units, _)),
            (.insufficientCredits(let available), .debit(_, let units, .none)):
            #expect(available.rawValue == ledger.available(at: now) && available < units)
        case (.unknownHold, .voidHold(let id)), (.unknownHold, .debit(_, _, .some(let id))):
            #expect(ledger.holds[id].map { $0.expiresAt <= now } ?? true)
        case (.holdTooSmall, .debit(_, let units, .some(let id))):
            #expect(ledger.holds[id].map { $0.units < units } ?? false)
        case (.unitsOutOfRange, .check(let units)), (.unitsOutOfRange, .hold(_, let units, _)),
            (.unitsOutOfRange, .debit(_, let units, _)):
            #expect(units < 1)
        case (.timeToLiveOutOfRange, .hold(_, _, let seconds)):
            #expect(seconds < 1)
        case (.alreadyRefunded, .refund(let debit)):
            #expect(debit.isRefunded)
        case (.unknownDebit, .refund(let debit)):
            #expect(account.debits[debit.id] == nil)
        case (.duplicateReference, .grant(let request)):
            #expect(ledger.grants.contains { $0.reference == request.reference })
        case (.expiryNotInFuture, .grant(let request)):
            #expect(request.expiresAt.map { $0 <= now } ?? false)
        case (.expiryBeforeEffective, .grant(let request)):
            #expect(request.expiresAt.map { $0 <= request.effectiveAt ?? now } ?? false)
        default:
            Issue.record("\(error) cannot be the answer to \(command)")
        }
    }
}
