import EventStore

@testable import EventStore

/// Somebody with wishes, one after the other, who asks again with the same key where that is safe, and at whichever
/// sequencer.
struct SimulatedClient {
    /// What became of a wish.
    struct Fate {
        var accepted: Accepted?
        /// The last answer said that it was decided against: by whom is told.
        var isRefused = false
        /// It was refused while an append of another sequencer may still have been under way.
        var isRefusedInDoubt = false
        /// An answer said that it is not known, and none has settled that yet.
        var isUnknown = false
        /// An answer said once that it is not known.
        var wasUnknown = false
        /// Who said so last.
        var unknownTo: Int?
        var asked = 0
        /// What is wrong with an answer by itself.
        var violation: String?
    }

    /// A refusal, and the sizes of the log when it was asked for and given.
    struct Refusal {
        let wish: Int
        let error: any Error
        let sizes: ClosedRange<Int>
    }

    private let wishes: [Wish]
    private(set) var fates: [Int: Fate] = [:]
    private(set) var refusals: [Refusal] = []
    private var current = 0
    private var isWaiting = false
    private var sizeWhenAsked = 0
    var sequencer = 0

    init(wishes: [Wish]) {
        self.wishes = wishes
    }

    var isDone: Bool { current == wishes.count }

    /// The wish to submit now, if there is one.
    mutating func next(logSize: Int) -> Int? {
        guard !isWaiting, current < wishes.count else { return nil }
        isWaiting = true
        sizeWhenAsked = logSize
        return wishes[current].number
    }

    mutating func answered(_ result: Result<Accepted, any Error>, logSize: Int, _ chance: inout Chance) {
        let wish = wishes[current]
        var fate = fates[wish.number] ?? Fate()
        fate.asked += 1
        let asksAgain: Bool
        switch result {
        case .success(let accepted):
            accept(accepted, &fate)
            asksAgain = wish.isKeyed && chance.isTrue(percent: 20)
        case .failure(LogError.outcomeUnknown):
            fate.wasUnknown = true
            fate.isUnknown = true
            fate.unknownTo = sequencer
            asksAgain = wish.isKeyed
        case .failure(LogError.unavailable):
            // It never can be in the log, whatever was in doubt.
            if wish.isUnstorable { fate.isUnknown = false }
            asksAgain = fate.isUnknown || (!wish.isUnstorable && chance.isTrue(percent: 70))
        case .failure(let error):
            if fate.accepted != nil { fate.violation = "accepted, and refused when it was asked for again" }
            fate.isRefused = true
            // Only who fences its own append off knows that it will never be carried out: see ADR 12.
            fate.isRefusedInDoubt = fate.unknownTo.map { $0 != sequencer } ?? false
            fate.isUnknown = false
            refusals.append(Refusal(wish: wish.number, error: error, sizes: sizeWhenAsked...logSize))
            asksAgain = chance.isTrue(percent: 20)
        }
        fates[wish.number] = fate
        isWaiting = false
        if !asksAgain { current += 1 }
    }

    private func accept(_ accepted: Accepted, _ fate: inout Fate) {
        if let first = fate.accepted {
            let isSame = first.position == accepted.position && first.response == accepted.response
            if !isSame || !accepted.isReplay { fate.violation = "two answers to one wish" }
        } else if accepted.isReplay, !fate.wasUnknown {
            fate.violation = "a replay of what was never in doubt"
        }
        fate.accepted = accepted
        fate.isRefused = false
        fate.isUnknown = false
    }
}
