package import Billing
package import EventStore
package import Retention

/// The retention policies of a log: which one is in force, and how another one gets there.
package struct PolicyRegister: Sendable {
    package struct InForce: Sendable {
        package let policy: RetentionPolicy
        package let position: LogPosition
        package let version: StreamVersion
        package let since: EventTime
    }

    let reader: LogReader

    /// `reader` with the gateway's role, or one that sees all tenants.
    package init(reader: LogReader) {
        self.reader = reader
    }

    /// Nil if the log has none: then nothing is swept.
    package func inForce() async throws -> InForce? {
        let newest = try await reader.stream(
            StreamKey(.system, Streams.policy), of: .system, direction: .backward, limit: 1
        ).first
        guard let newest else { return nil }
        guard case .policyAdopted(let policy) = try DomainEvent(newest) else {
            throw LogError.corrupt("position \(newest.position.rawValue) is no policy")
        }
        return InForce(
            policy: policy, position: newest.position, version: newest.version, since: newest.recordedAt)
    }

    /// Puts a policy into force. Nothing is appended if it is in force already.
    ///
    /// - Returns: where it stands; nil if nothing was to be done.
    /// - Throws: ``RetentionError/refused(_:)`` if it may not be one.
    package func adopt(
        _ policy: RetentionPolicy, with ledger: CreditLedger, by requester: Requester
    ) async throws -> LogPosition? {
        let current = try await inForce()
        let faults = policy.faults(replacing: current?.policy)
        guard faults.isEmpty else { throw RetentionError.refused(faults) }
        if policy == current?.policy { return nil }
        return try await ledger.record(
            policy.newEvent, in: Streams.policy, after: current?.version ?? .none, by: requester)
    }
}
