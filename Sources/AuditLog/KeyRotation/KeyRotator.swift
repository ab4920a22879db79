package import Billing
package import EventStore
package import Postgres
import Retention
package import Sealing

/// Rotates the key-encryption key: a new version that wraps, all keys wrapped anew, the old version destroyed. Can be stopped
/// at any point and run again: what is done is found to be done. One at a time for a log.
package struct KeyRotator: Sendable {
    package enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        case busy
        case nothingWrapped
        case notKept
        case unknown(Int32)
        case wraps(Int32)
        case inUse(Int32, Int64)
        case unreadable(Int64, String)

        package var description: String {
            switch self {
            case .busy: "somebody else is rotating the key-encryption key of this log at present"
            case .nothingWrapped: "nothing was wrapped yet, so there is nothing to rotate; start the service first"
            case .notKept: "the key-encryption key is in memory only"
            case .unknown(let version): "the log has no version \(version) of the key-encryption key"
            case .wraps(let version): "version \(version) is the one that wraps; rotate first: zentriq keys kek rotate"
            case .inUse(let version, let count):
                "\(count) keys are still wrapped with version \(version); wrap them anew first: zentriq keys kek rewrap"
            case .unreadable(let count, let first):
                "\(count) keys did not open and were left as they are, the first is \(first)"
            }
        }
    }

    package struct Progress: Sendable {
        package let done: Int64
        package let total: Int64
    }

    private static let page: Int32 = 500

    let log: LogID
    let reader: LogReader
    let ledger: CreditLedger
    let configuration: PostgresConfiguration
    package let keys: KeyEncryptionKeys

    /// - Parameters:
    ///   - reader: of the log, with the gateway's role.
    ///   - configuration: with the role of retention.
    package init(
        log: LogID, reader: LogReader, ledger: CreditLedger, configuration: PostgresConfiguration,
        keys: KeyEncryptionKeys
    ) {
        self.log = log
        self.reader = reader
        self.ledger = ledger
        self.configuration = configuration
        self.keys = keys
    }

    /// Lets the next version wrap: one that is there and was never used, or else a new one.
    ///
    /// The log says so before it wraps anything; it has sealed and opened something before the log says so.
    ///
    /// - Parameter expected: the newest version as whoever asks knows it. Refused as ``Refusal/busy`` if there is a newer one:
    ///   somebody else has rotated meanwhile.
    package func rotate(after expected: Int32? = nil) async throws -> any WrappingKey {
        try await withLease { database in
            guard let provider = keys.provider else { throw Refusal.notKept }
            let epochs = try await database.epochs()
            guard let newest = epochs.last?.version else { throw Refusal.nothingWrapped }
            guard expected == nil || expected == newest else { throw Refusal.busy }
            try await keys.reload()
            let next: any WrappingKey
            if let waiting = keys.all.last, waiting.version > newest {
                next = waiting
            } else {
                next = try await provider.generate(version: newest + 1)
                try await keys.reload()
            }
            try await next.verify()
            let event = KeyEncryptionEvent.activated(
                version: next.version, provider: provider.name, fingerprint: next.fingerprint)
            try await record(event)
            try await database.activate(next.version)
            keys.use(next.version)
            return next
        }
    }

    /// Wraps anew what older versions wrapped. What is destroyed meanwhile stays destroyed.
    ///
    /// - Returns: how many keys.
    @discardableResult
    package func rewrap(progress: @Sendable (Progress) -> Void = { _ in }) async throws -> Int64 {
        try await withLease { database in
            let epochs = try await database.epochs()
            guard let active = epochs.last(where: { $0.state == .active })?.version else { return 0 }
            let old = epochs.filter { $0.state == .superseded }.map(\.version)
            guard !old.isEmpty else { return 0 }
            keys.use(active)
            let total = try await database.counts().filter { $0.version != active }.reduce(0) { $0 + $1.count }
            var done: Int64 = 0
            var unreadable: [String] = []
            for kind in WrappedKeyKind.all {
                for version in old {
                    var next: String? = ""
                    while let after = next {
                        try Task.checkCancellation()
                        let page = try await database.rewrap(
                            kind, of: version, after: after, limit: Self.page, with: keys)
                        done += Int64(page.rewrapped)
                        unreadable += page.unreadable.map { "\(kind.name) \($0.id): \($0.reason)" }
                        next = page.next
                        progress(Progress(done: done, total: max(total, done)))
                    }
                }
            }
            if let first = unreadable.first { throw Refusal.unreadable(Int64(unreadable.count), first) }
            if try await database.counts().allSatisfy({ $0.version == active }) {
                try await record(.rewrapped(version: active, count: done))
            }
            return done
        }
    }

    /// Destroys a version that wraps nothing any more, where it is kept, for ever.
    package func retire(_ version: Int32, dryRun: Bool = false) async throws {
        try await withLease { database in
            guard let provider = keys.provider else { throw Refusal.notKept }
            guard let epoch = try await database.epochs().first(where: { $0.version == version }) else {
                throw Refusal.unknown(version)
            }
            guard epoch.state != .active else { throw Refusal.wraps(version) }
            if dryRun {
                let count = try await database.counts().filter { $0.version == version }.reduce(0) { $0 + $1.count }
                guard count == 0 else { throw Refusal.inUse(version, count) }
                return
            }
            let count = try await database.retire(version)
            guard count == 0 else { throw Refusal.inUse(version, count) }
            try await provider.destroy(version: version)
            try await keys.reload()
            try await record(.retired(version: version))
        }
    }

    /// The versions of the log, the oldest first, with what each wraps; and those that are kept and were never used.
    package func status(at now: EventTime) async throws -> KeyStatus {
        try await withConnection { database in
            try await keys.reload()
            return KeyStatus(
                epochs: try await database.epochs(), counts: try await database.counts(), keys: keys.all, now: now)
        }
    }

    // MARK: The log

    /// Appends an event, unless it is there since the newest change of version.
    private func record(_ event: KeyEncryptionEvent) async throws {
        let stream = StreamKey(.system, Streams.kek)
        let recorded = try await reader.stream(stream, of: .system, direction: .backward)
        for earlier in recorded {
            guard case .keyEncryption(let earlier) = try DomainEvent(earlier) else { continue }
            switch (earlier, event) {
            case _ where earlier == event: return
            // Whoever finished it before said how many there were.
            case (.rewrapped(let finished, _), .rewrapped(let version, 0)) where finished == version: return
            default: break
            }
        }
        _ = try await ledger.record(
            event.newEvent, in: Streams.kek, after: recorded.first?.version ?? .none,
            by: Requester(actor: nil, request: nil))
    }

    // MARK: The connection

    private func withLease<Value: Sendable>(
        _ body: (KeyEpochDatabase) async throws -> Value
    ) async throws -> Value {
        try await withConnection { database in
            guard try await database.takeLease() else { throw Refusal.busy }
            return try await body(database)
        }
    }

    private func withConnection<Value: Sendable>(
        _ body: (KeyEpochDatabase) async throws -> Value
    ) async throws -> Value {
        let connection = try await PostgresConnection.connect(configuration)
        let result: Result<Value, any Error>
        do {
            result = .success(
                try await body(KeyEpochDatabase(log: log, origin: reader.origin, connection: connection)))
        } catch {
            result = .failure(error)
        }
        // The server would release the lease when it has noticed that the connection is closed, which may be after the next
        // step has asked for it.
        try? await connection.script("SELECT pg_advisory_unlock_all()")
        await connection.close()
        return try result.get()
    }
}

extension WrappingKey {
    /// Throws if it does not open what it sealed.
    fileprivate func verify() async throws(SealingError) {
        let probe = Array("zentriq-key-encryption-key-probe/v1".utf8)
        guard try await open(try await seal(probe, binding: probe), binding: probe) == probe else {
            throw .notAuthentic
        }
    }
}
