package import Billing
import CanonicalJSON
import Crypto
package import EventStore
package import Foundation
import TransparencyLog

/// Everything that is stored about a person: who stands behind the handle, and every event that they caused or that
/// stands in a stream of theirs, up to the position of their request.
///
/// It is made while it is sent, and stored nowhere: the same request gives the same events each time, except for what
/// was erased meanwhile.
package struct PersonalExport: Sendable {
    package enum Form: String, Sendable, CaseIterable {
        /// One document.
        case json
        /// Lines of JSON (NDJSON), for long lists.
        case ndjson
    }

    /// Raised when the form of the export changes.
    package static let version = 1
    /// Events that are looked at, and may be in memory, at a time.
    private static let pageSize = 1_000

    let subject: DataSubject
    let entry: PrivacyRecord.Entry
    let person: (object: UUID, since: EventTime)?
    let tokens: [StoredToken]
    let reader: LogReader
    /// Nil if events go without receipts.
    let receipts: Receipts?
    let head: LogHead

    /// - Parameters:
    ///   - entry: the request for access.
    ///   - tokens: what is kept of theirs, without what is sealed.
    ///   - reader: with the gateway's role.
    ///   - head: of the log, now.
    package init(
        of subject: DataSubject, asked entry: PrivacyRecord.Entry, person: (object: UUID, since: EventTime)?,
        tokens: [StoredToken] = [], reader: LogReader, hasReceipts: Bool, head: LogHead
    ) {
        self.subject = subject
        self.entry = entry
        self.person = person
        self.tokens = tokens
        self.reader = reader
        receipts = hasReceipts ? Receipts(reader: reader) : nil
        self.head = head
    }

    /// Calls `write` with some whole items at a time, in order; with none after a long search without a match, so that
    /// whoever waits sees that it goes on. If it throws, there was no manifest.
    package func run(_ form: Form, _ write: (_ bytes: [UInt8]) async throws -> Void) async throws {
        var sections = PersonalSections(form)
        try await write(sections.begin(profile: profile))
        for retention in RetentionClass.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
            sections.beginSection(retention.rawValue)
            var place: StreamPlace? = .beginning
            while let after = place {
                try Task.checkCancellation()
                let page = try await reader.events(
                    of: subject.tenant, retention, by: subject.handle, in: Streams.all(of: subject.handle),
                    after: after, before: LogPosition(entry.position.rawValue + 1), scan: Self.pageSize)
                for item in try await items(page.events) { sections.add(item.bytes, ofType: item.type, item.schema) }
                try await write(sections.takeBytes())
                place = page.next
            }
            sections.endSection()
        }
        try await write(sections.end(manifest: manifest))
    }

    private func items(_ events: [RecordedEvent]) async throws -> [(bytes: [UInt8], type: String, schema: Int16)] {
        var proofs: [ProofFile] = []
        if let receipts, !events.isEmpty {
            let checkpoint = try SignedCheckpoint(parsing: Array(head.checkpoint.utf8))
            proofs = try await receipts.receipts(of: events, under: checkpoint)
        }
        return events.enumerated().map { index, event in
            let receipt = proofs.isEmpty ? nil : String(decoding: proofs[index].encoded(), as: UTF8.self)
            return (
                CloudEvent(event, origin: reader.origin, receipt: receipt).bytes, event.type, event.schemaVersion
            )
        }
    }

    /// Who stands behind the handle. Without a name: none is known here.
    private var profile: JSONObject {
        var profile: JSONObject = [
            "subject": .string(subject.handle.rawValue.lowercaseText),
            "tenant": .string(subject.tenant.rawValue.lowercaseText),
        ]
        if let person {
            profile["known_since"] = .string(person.since.text)
            profile["object_id"] = .string(person.object.lowercaseText)
        }
        if !tokens.isEmpty { profile["tokens"] = .array(tokens.map { .object($0.object) }) }
        return profile
    }

    /// All but what the sections come to.
    private var manifest: JSONObject {
        [
            "checkpoint": .string(head.checkpoint), "log": .string(reader.origin),
            "position": .string(String(entry.position.rawValue)), "receipts": .bool(receipts != nil),
            "request": .string(entry.request.id.lowercaseText), "requested_at": .string(entry.recordedAt.text),
            "version": .integer(Int64(Self.version)),
        ]
    }
}
