import CanonicalJSON
package import EventStore
package import Foundation

/// Records what people ask of their data, and what came of it.
///
/// Decided on the fold of the person's streams as they were read, and appended only if they are still the same:
/// otherwise they are read, and it is decided, anew.
package struct PrivacyLedger: Sendable {
    private static let maximumAttempts = 10

    package let writer: CreditLedger.Writer
    package let reader: LogReader

    package init(writer: CreditLedger.Writer, reader: LogReader) {
        self.writer = writer
        self.reader = reader
    }

    // MARK: What is there

    /// Reads with the gateway's role: each page with the person's tenant set.
    package func record(of subject: DataSubject) async throws -> (record: PrivacyRecord, version: StreamVersion) {
        var record = PrivacyRecord()
        let version = try await events(of: subject.requests, .access) { event, recorded in
            record.evolve(event, at: recorded.position, recordedAt: recorded.recordedAt)
        }
        return (record, version)
    }

    package func limits(of subject: DataSubject) async throws -> (limits: ProcessingLimits, version: StreamVersion) {
        var limits = ProcessingLimits()
        let version = try await events(of: subject.limits, .account) { event, _ in limits.evolve(event) }
        return (limits, version)
    }

    private func events(
        of key: StreamKey, _ retention: RetentionClass, _ take: (PrivacyEvent, RecordedEvent) -> Void
    ) async throws -> StreamVersion {
        var version = StreamVersion.none
        while true {
            let page = try await reader.stream(key, of: retention, from: version.next)
            for event in page {
                if case .privacy(let privacy) = try DomainEvent(event) { take(privacy, event) }
                version = event.version
            }
            if page.count < LogReader.maximumPage { return version }
        }
    }

    // MARK: What is asked

    /// - Parameter receivedAt: nil for now.
    package func record(
        _ kind: PrivacyRequest.Kind, by channel: PrivacyRequest.Channel, receivedAt: EventTime? = nil,
        of subject: DataSubject, idempotencyKey: String, by requester: Requester
    ) async throws -> Accepted {
        let id = UUID()
        return try await deciding {
            let (record, version) = try await self.record(of: subject)
            return try await writer.submit(
                .recordRequest(
                    id, kind, channel, receivedAt: receivedAt, of: subject, on: record, at: version,
                    idempotencyKey: idempotencyKey, by: requester))
        }
    }

    /// Ends a request. Doing it again changes nothing.
    package func close(
        _ request: UUID, as closing: PrivacyClosing, of subject: DataSubject, by requester: Requester
    ) async throws -> Accepted {
        try await deciding {
            let (record, version) = try await self.record(of: subject)
            return try await writer.submit(
                .closeRequest(
                    request, with: record.close(request, as: closing), of: subject, at: version, by: requester))
        }
    }

    /// What came of a change, and where it stands; nil if there was nothing to change.
    package typealias Changed = (accepted: Accepted, limits: ProcessingLimits)

    /// Imposes a limit, or lifts it. Doing it again changes nothing.
    ///
    /// - Parameter isAsked: whether the person asks for it here; then the request is recorded with it, as fulfilled.
    package func change(
        _ change: ProcessingLimits.Change, _ limit: ProcessingLimit, of subject: DataSubject, isAsked: Bool,
        by requester: Requester
    ) async throws -> Changed {
        let id = UUID()
        return try await deciding {
            var (limits, version) = try await self.limits(of: subject)
            let event = limits.decide(change, limit)
            if let event { limits.evolve(event) }
            let accepted = try await writer.submit(
                .limit(
                    subject, to: limits, with: event, at: version,
                    requestID: isAsked && change == .impose ? id : nil, by: requester))
            return (accepted, limits)
        }
    }

    private func deciding<Value>(_ body: () async throws -> Value) async throws -> Value {
        for _ in 1..<Self.maximumAttempts {
            do { return try await body() } catch PrivacyError.overtaken { continue }
        }
        return try await body()
    }
}
