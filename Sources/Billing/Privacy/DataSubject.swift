package import EventStore

/// A person of a tenant, whose data is meant: by handle.
package struct DataSubject: Sendable, Hashable {
    package let tenant: TenantID
    package let handle: ActorHandle

    package init(_ tenant: TenantID, _ handle: ActorHandle) {
        self.tenant = tenant
        self.handle = handle
    }

    /// What the person asked for, and what came of it.
    package var requests: StreamKey { StreamKey(tenant, Streams.requests(of: handle)) }

    /// What keeps the person's data from being processed.
    package var limits: StreamKey { StreamKey(tenant, Streams.limits(of: handle)) }
}
