import CanonicalJSON
package import TransparencyLog

/// Receipts: what proves offline, with the log's public key alone, that an event is in the log (C2SP tlog-proof, with
/// salt and event as extra data).
package struct Receipts: Sendable {
    let reader: LogReader
    let tree: TreeReader
    let cosignatures: Cosignatures

    package init(reader: LogReader) {
        self.reader = reader
        tree = TreeReader(reader: reader)
        cosignatures = Cosignatures(reader: reader)
    }

    /// The receipt of an event of this tenant, under the newest checkpoint. Nil if the tenant has no such event, or it is
    /// in a stream that the reader may not see, or its subject's key was destroyed. Throws if it can't be opened for
    /// another reason.
    ///
    /// - Parameter isWitnessed: under the newest checkpoint that a witness has cosigned. Then it is also nil if no
    ///   witness has seen the event yet.
    package func receipt(
        at position: LogPosition, of tenant: TenantID, isWitnessed: Bool = false,
        where isVisible: (StreamID) -> Bool = { _ in true }
    ) async throws -> ProofFile? {
        guard let event = try await reader.event(at: position, tenant: tenant), isVisible(event.stream.stream) else {
            return nil
        }
        if event.closed == .destroyed { return nil }
        if let closed = event.closed { throw LogError.corrupt("position \(position.rawValue): \(closed)") }
        let newest =
            isWitnessed
            ? try await cosignatures.newest()
            : try await SignedCheckpoint(parsing: Array(reader.head().checkpoint.utf8))
        let index = UInt64(position.rawValue)
        guard let checkpoint = newest, index < checkpoint.unverified.size else { return nil }
        return try ProofFile(
            extra: Self.extra(event, origin: reader.origin), index: index,
            path: try await tree.inclusionProof(ofLeafAt: index, size: checkpoint.unverified.size),
            checkpoint: checkpoint)
    }

    /// Whether an event was there once, whoever's, and is gone.
    package func isErased(_ position: LogPosition) async throws -> Bool {
        try await reader.isErased(position)
    }

    /// The receipts of events that were read before, all under one checkpoint, which covers them.
    package func receipts(of events: [RecordedEvent], under checkpoint: SignedCheckpoint) async throws -> [ProofFile] {
        let indices = events.map { UInt64($0.position.rawValue) }
        let paths = try await tree.inclusionProofs(ofLeavesAt: indices, size: checkpoint.unverified.size)
        return try zip(zip(events, indices), paths).map { event, path in
            try ProofFile(
                extra: Self.extra(event.0, origin: reader.origin), index: event.1, path: path, checkpoint: checkpoint)
        }
    }

    /// `{"event": …, "salt": base64}`.
    static func extra(_ event: RecordedEvent, origin: String) -> [UInt8] {
        var json = CanonicalWriter(reserving: 1_024)
        json.beginObject()
        json.key("event")
        json.raw(event.canonicalBytes(origin: origin))
        json.key("salt")
        json.string(Base64.encode(event.salt))
        json.endObject()
        return json.bytes
    }
}
