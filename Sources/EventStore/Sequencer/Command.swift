package import Foundation
package import Sealing
package import TransparencyLog

/// A key that a tenant may use once, as a SHA-256 hash: what a client chose is not kept.
package struct UniqueKey: Sendable, Hashable {
    package let hash: TreeHash
    /// Hash of the request it came with: the same key with another request is refused.
    package let fingerprint: TreeHash

    package init(hash: TreeHash, fingerprint: TreeHash) {
        self.hash = hash
        self.fingerprint = fingerprint
    }
}

/// Something to be decided and appended, atomically: within one tenant, on one or a few of its streams.
package struct Command<State: StreamState>: Sendable {
    package let tenant: TenantID
    package let actor: ActorHandle?
    package let request: UUID?
    /// If it was used before with the same fingerprint, the stored answer is given again and nothing is appended.
    package let key: UniqueKey?
    /// A further key that must be free, and is taken with this command: what may happen only once whatever key it
    /// comes under. ``Draft/claimHolder`` tells who has it; then the command can append nothing.
    package let claim: UniqueKey?
    /// The key of the actor, under which events of sealed types are sealed. Without it such an event is refused.
    package let sealing: SubjectKey?
    /// Every stream that ``decide`` reads or appends to.
    package let streams: [StreamID]
    /// Pure: it may be called again if another writer came first. What it throws refuses the command, and nothing of
    /// it is appended. What it returns is the answer, in canonical JSON, stored under ``key``.
    package let decide: @Sendable (inout Draft<State>) throws -> [UInt8]

    package init(
        tenant: TenantID, actor: ActorHandle?, request: UUID?, key: UniqueKey? = nil, claim: UniqueKey? = nil,
        sealing: SubjectKey? = nil, streams: [StreamID],
        decide: @escaping @Sendable (inout Draft<State>) throws -> [UInt8]
    ) {
        precondition(claim == nil || key?.hash != claim?.hash, "a command's key and its claim are two keys")
        self.tenant = tenant
        self.actor = actor
        self.request = request
        self.key = key
        self.claim = claim
        self.sealing = sealing
        self.streams = streams
        self.decide = decide
    }

    /// Whether everything of these types that must be sealed can be.
    func canSeal(_ types: some Sequence<EventType>, log: String) -> Bool {
        types.allSatisfy { !$0.isSealed || sealing?.seals(tenant, actor, log: log) == true }
    }

    /// Under which the command's answer is kept.
    var outcomeKeys: [OutcomeKey] {
        [key, claim].compactMap(\.self).map { OutcomeKey(tenant, $0.hash) }
    }
}

/// What came of a command: it is in the log, now or since an earlier try.
package struct Accepted: Sendable, Equatable {
    /// Of the command's first event; those that follow are next to it. Nil if it had nothing to append.
    package let position: LogPosition?
    /// The answer, in canonical JSON.
    package let response: [UInt8]
    /// Whether the answer is that of an earlier command with the same key.
    package let isReplay: Bool

    package init(position: LogPosition?, response: [UInt8], isReplay: Bool) {
        self.position = position
        self.response = response
        self.isReplay = isReplay
    }
}
