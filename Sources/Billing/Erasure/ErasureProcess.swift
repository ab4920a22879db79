package import Foundation

/// The erasure of a person or a tenant, as a value: the fold of what was recorded of it, and what is to be done next.
///
/// Whoever drives it carries out ``next(isHeld:)``, appends what ``decide(_:_:)`` makes of the results, and folds that.
/// It can stop, or die, between any two of these and go on from the log alone: an effect is then done again, which by
/// its key changes nothing.
package struct ErasureProcess: Sendable, Hashable {
    package enum Failure: Error, Sendable, Hashable {
        /// An event that cannot follow what was recorded before.
        case impossible(ErasureEvent)
    }

    package private(set) var request: UUID?
    /// The last stage that was reached; nil before the first.
    package private(set) var stage: ErasureStage?
    /// Stores that have not answered yet.
    package private(set) var pendingStores: Set<String> = []
    package private(set) var receipts: [String: [UInt8]] = [:]

    package init() {}

    package init(_ events: some Sequence<ErasureEvent>) throws(Failure) {
        for event in events { try evolve(event) }
    }

    package var isComplete: Bool { stage == .certified }

    /// What is to be done now, in any order or at once. Empty before it has begun, and when it is complete.
    ///
    /// - Parameter isHeld: a legal hold covers them. They are frozen, and nothing is destroyed until it is released.
    package func next(isHeld: Bool = false) -> [ErasureEffect] {
        guard request != nil else { return [] }
        guard let stage else { return [.freeze] }
        guard !isHeld else { return [] }
        switch stage {
        case .frozen: return [.cancelSubscription]
        case .subscriptionCancelled: return [.destroyTokens]
        case .tokensDestroyed: return [.deleteCaptures]
        case .capturesDeleted: return pendingStores.sorted().map(ErasureEffect.callBack)
        case .storesCalledBack: return [.destroyKeysAndMapping]
        case .keysDestroyed: return [.certify(receipts: receipts)]
        case .certified: return []
        }
    }

    /// What a result comes to. Empty if it was a failure, or is of an effect that is not, or no more, to be done.
    package func decide(_ effect: ErasureEffect, _ result: ErasureResult) -> [ErasureEvent] {
        guard next().contains(effect) else { return [] }
        switch (effect, result) {
        case (_, .failed), (.callBack, .done): return []
        case (.callBack(let store), .answered(let receipt)):
            var events = [ErasureEvent.storeAnswered(store: store, receipt: receipt)]
            if pendingStores == [store] { events.append(.reached(.storesCalledBack)) }
            return events
        case (_, .answered): return []
        case (_, .done): return following.map { skippingEmpty($0) } ?? []
        }
    }

    package mutating func evolve(_ event: ErasureEvent) throws(Failure) {
        switch event {
        case .begun(let begun):
            guard request == nil, Set(begun.stores).count == begun.stores.count else { throw .impossible(event) }
            request = begun.request
            pendingStores = Set(begun.stores)
        case .reached(let reached):
            guard request != nil, reached == following, reached != .storesCalledBack || pendingStores.isEmpty else {
                throw .impossible(event)
            }
            stage = reached
        case .storeAnswered(let store, let receipt):
            guard stage == .capturesDeleted, pendingStores.remove(store) != nil else { throw .impossible(event) }
            receipts[store] = receipt
        }
    }

    /// The stage after the present one.
    private var following: ErasureStage? {
        guard let stage else { return .frozen }
        return ErasureStage(rawValue: stage.rawValue + 1)
    }

    /// Where no store holds anything, none is called back.
    private func skippingEmpty(_ stage: ErasureStage) -> [ErasureEvent] {
        stage == .capturesDeleted && pendingStores.isEmpty
            ? [.reached(stage), .reached(.storesCalledBack)] : [.reached(stage)]
    }
}
