import CreditDomain
package import EventStore
package import Retention

extension CreditLedger {
    /// Appends what belongs to no customer, if its stream is still at that version.
    ///
    /// - Throws: ``RetentionError`` if somebody else came first.
    package func record(
        _ event: NewEvent, in stream: StreamID, after version: StreamVersion, by requester: Requester
    ) async throws -> LogPosition? {
        let command = Command<AccountState>(
            tenant: .system, actor: requester.actor, request: requester.request, streams: [stream]
        ) { draft in
            guard draft.version(of: stream) == version else {
                throw RetentionError.refused(["it was changed by somebody else meanwhile; look again"])
            }
            draft.append(event, to: stream)
            return Array("{}".utf8)
        }
        return try await writer.submit(command).position
    }
}

extension RetentionPolicy {
    package var newEvent: NewEvent { NewEvent(EventCatalog.policyAdopted, data: bytes) }
}

extension LegalHold {
    package var newEvent: NewEvent { NewEvent(EventCatalog.holdPlaced, data: bytes) }
}

extension HoldRelease {
    package var newEvent: NewEvent { NewEvent(EventCatalog.holdReleased, data: bytes) }
}
