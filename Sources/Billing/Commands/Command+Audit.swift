import CreditDomain
import EventStore

extension Command<AccountState> {
    /// - Parameter tenant: whose events were read; the reader's own for a read across tenants.
    static func record(_ read: AuditRead, of tenant: TenantID, by requester: Requester) -> Self {
        Command(
            tenant: tenant, actor: requester.actor, request: requester.request, streams: [Streams.audit]
        ) { draft in
            draft.append(read.newEvent, to: Streams.audit)
            return Array("{}".utf8)
        }
    }
}
