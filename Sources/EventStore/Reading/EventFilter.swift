/// Which events are wanted. All conditions hold together; one that is nil holds for every event.
package struct EventFilter: Sendable, Hashable {
    package var tenant: TenantID?
    package var stream: StreamID?
    package var type: String?
    package var actor: ActorHandle?
    /// Known from the type or the stream, it spares looking into the partitions of all other classes.
    package var retention: RetentionClass?

    package init(
        tenant: TenantID? = nil, stream: StreamID? = nil, type: String? = nil, actor: ActorHandle? = nil,
        retention: RetentionClass? = nil
    ) {
        self.tenant = tenant
        self.stream = stream
        self.type = type
        self.actor = actor
        self.retention = retention
    }

    package func matches(_ event: RecordedEvent) -> Bool {
        (tenant == nil || tenant == event.stream.tenant) && (stream == nil || stream == event.stream.stream)
            && (type == nil || type == event.type) && (actor == nil || actor == event.actor)
            && (retention == nil || retention == event.retention)
    }
}
