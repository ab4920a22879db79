import Billing
import EventStore
import Foundation

/// All that an erasure touches, with what survives the death of the process that drives it: the log, and the systems
/// outside, which know what they have done by its key.
struct ErasureWorld {
    /// What must be the same however often the process died.
    struct Outcome: Equatable {
        let log: [ErasureEvent]
        let changes: [String]
        let certificates: [[String: [UInt8]]]
    }

    private static let request = UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))

    private(set) var log: [ErasureEvent]
    /// What was really done, in order; what was asked again is not in it.
    private(set) var changes: [String] = []
    private(set) var certificates: [[String: [UInt8]]] = []
    /// Something was done after what it needs was gone, or recorded that cannot follow.
    private(set) var isBroken = false
    /// Points at which the process could die, so far.
    private(set) var steps = 0

    init(stores: [String]) {
        log = [.begun(.of(Self.request, stores))]
    }

    var outcome: Outcome {
        // Stores may answer in any order.
        Outcome(
            log: Self.sorted(log), changes: changes.sorted(),
            certificates: certificates)
    }

    var isErased: Bool { (try? ErasureProcess(log))?.isComplete == true && !isBroken }

    private static func sorted(_ log: [ErasureEvent]) -> [ErasureEvent] {
        log.sorted { left, right in key(left) < key(right) }
    }

    private static func key(_ event: ErasureEvent) -> String {
        switch event {
        case .begun: "0"
        case .reached(let stage): "1\(stage.rawValue)"
        case .storeAnswered(let store, _): "13a\(store)"
        }
    }

    /// - Parameter killedAfter: the numbers of the steps after which the process dies, and starts anew from the log.
    mutating func run(killedAfter deaths: Set<Int> = []) {
        while (try? ErasureProcess(log))?.isComplete != true, !isBroken {
            live { world, _ in deaths.contains(world.steps) ? .death : nil }
        }
    }

    /// With whatever can happen, at random.
    mutating func run(using random: inout SeededRandom) {
        while (try? ErasureProcess(log))?.isComplete != true, !isBroken {
            var own = random
            live { _, _ in
                switch own.next() % 16 {
                case 0, 1: .death
                case 2, 3, 4: .failure
                case 5, 6: .lostAnswer
                default: nil
                }
            }
            random = own
        }
    }

    enum Mishap {
        case death, failure
        /// It was done, and nobody knows.
        case lostAnswer
    }

    /// One life of the process, from the log on.
    private mutating func live(_ mishap: (ErasureWorld, ErasureEffect?) -> Mishap?) {
        guard var process = try? ErasureProcess(log) else {
            isBroken = true
            return
        }
        while !process.isComplete {
            for effect in process.next() {
                steps += 1
                var result = ErasureResult.failed
                switch mishap(self, effect) {
                case .death: return
                case .failure: break
                case .lostAnswer: _ = perform(effect)
                case nil: result = perform(effect)
                }
                // Done, and not recorded.
                steps += 1
                if mishap(self, nil) == .death { return }
                let events = process.decide(effect, result)
                log += events
                for event in events {
                    do { try process.evolve(event) } catch { isBroken = true }
                }
                steps += 1
                if mishap(self, nil) == .death { return }
            }
            if isBroken { return }
        }
    }

    private mutating func perform(_ effect: ErasureEffect) -> ErasureResult {
        let key = effect.idempotencyKey(of: Self.request)
        let mappingIsGone = changes.contains(ErasureEffect.destroyKeysAndMapping.idempotencyKey(of: Self.request))
        if !changes.contains(key) {
            switch effect {
            case .freeze: break
            case .cancelSubscription, .destroyTokens, .deleteCaptures, .callBack:
                // Whom it is about is known no more.
                if mappingIsGone { isBroken = true }
            case .destroyKeysAndMapping: break
            case .certify(let receipts):
                if !mappingIsGone { isBroken = true }
                certificates.append(receipts)
            }
            changes.append(key)
        }
        if case .callBack(let store) = effect { return .answered(receipt: Array(store.utf8)) }
        return .done
    }
}

/// Vigna's SplitMix64: the same numbers everywhere.
struct SeededRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension ErasureBegun {
    static func of(_ request: UUID, _ stores: [String]) -> ErasureBegun {
        ErasureBegun(
            request: request, tenant: TenantID(request), subject: ActorHandle(request), stores: stores,
            due: EventTime(microseconds: 0))
    }
}

extension ErasureEffect {
    /// The same for each try, and another one for each erasure and each store.
    fileprivate func idempotencyKey(of request: UUID) -> String {
        if case .certify = self { return "\(request) certify" }
        return "\(request) \(self)"
    }
}
