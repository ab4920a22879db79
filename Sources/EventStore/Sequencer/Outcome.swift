package import TransparencyLog

/// What was answered under a key.
package struct Outcome: Sendable, Equatable {
    package let fingerprint: TreeHash
    package let position: LogPosition
    package let response: [UInt8]

    package init(fingerprint: TreeHash, position: LogPosition, response: [UInt8]) {
        self.fingerprint = fingerprint
        self.position = position
        self.response = response
    }
}

/// A key within its tenant.
package struct OutcomeKey: Sendable, Hashable {
    package let tenant: TenantID
    package let hash: TreeHash

    package init(_ tenant: TenantID, _ hash: TreeHash) {
        self.tenant = tenant
        self.hash = hash
    }
}

/// Outcomes seen lately, so that a retry is answered without the database. Outcomes never change, so nothing here can
/// be stale; that a key is missing says nothing.
typealias OutcomeCache = GenerationalCache<OutcomeKey, Outcome>
