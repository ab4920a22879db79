import CanonicalJSON
import CreditDomain
import EventStore
import Foundation

/// Payloads of the most frequent types at schema version 1, read straight from the one form in which they are written.
/// Whoever reads a whole log reads millions of these; building a `JSONValue` first costs several times as much.
///
/// Nil for whatever is not exactly of that form: then the general reader decides. What is read here, it reads the same.
enum CanonicalPayload {
    static func read(_ type: String, _ payload: UnsafeRawBufferPointer) -> DomainEvent? {
        var scanner = PayloadScanner(payload)
        let event: DomainEvent? =
            switch type {
            case EventCatalog.debited.name: debited(&scanner)
            case EventCatalog.captureRecorded.name: capture(&scanner)
            case EventCatalog.checked.name: checked(&scanner)
            default: nil
            }
        return scanner.isAtEnd ? event : nil
    }

    private static func debited(_ scanner: inout PayloadScanner) -> DomainEvent? {
        guard scanner.skip("{\"allocations\":["), let allocations = allocations(&scanner),
            scanner.skip(",\"debit\":\""), let debit = scanner.text()
        else { return nil }
        var hold: HoldID?
        if scanner.skip(",\"hold\":\"") {
            guard let text = scanner.text() else { return nil }
            hold = HoldID(text)
        }
        guard scanner.skip(",\"units\":\""), let units = scanner.number(), scanner.skip("\"}") else { return nil }
        return .credit(
            .debited(Debited(debit: DebitID(debit), units: Credits(units), allocations: allocations, hold: hold)))
    }

    /// Up to the closing bracket.
    private static func allocations(_ scanner: inout PayloadScanner) -> [Allocation]? {
        var allocations: [Allocation] = []
        repeat {
            guard scanner.skip("{\"grant\":"), let grant = scanner.number(), let grant = UInt32(exactly: grant),
                scanner.skip(",\"units\":\""), let units = scanner.number(), scanner.skip("\"}")
            else { return nil }
            allocations.append(Allocation(grant: GrantNumber(grant), units: Credits(units)))
        } while scanner.skip(",")
        return scanner.skip("]") ? allocations : nil
    }

    private static func capture(_ scanner: inout PayloadScanner) -> DomainEvent? {
        guard scanner.skip("{\"capture_id\":\""), let id = scanner.uuid(), scanner.skip(",\"captured_at\":\""),
            let time = scanner.time(), scanner.skip(",\"line_count\":"), let lines = scanner.number(),
            let lines = Int32(exactly: lines), scanner.skip(",\"outcome\":\""),
            let outcome: CaptureRecord.Outcome = scanner.value(), scanner.skip(",\"product\":\""),
            let product: Product = scanner.value(),
            scanner.skip(",\"vendor_host\":\""), let host = scanner.text(), scanner.skip("}")
        else { return nil }
        return .capture(
            CaptureRecord(
                id: id, product: product, vendorHost: host, lineCount: Int(lines),
                capturedAt: Timestamp(microseconds: time), outcome: outcome))
    }

    private static func checked(_ scanner: inout PayloadScanner) -> DomainEvent? {
        let allowed = scanner.skip("{\"allowed\":true")
        guard allowed || scanner.skip("{\"allowed\":false"), scanner.skip(",\"available\":\""),
            let available = scanner.number(), scanner.skip("\",\"held\":\""), let held = scanner.number(),
            scanner.skip("\"")
        else { return nil }
        var reason: CheckReason?
        if scanner.skip(",\"reason\":\"") {
            guard let known: CheckReason = scanner.value() else { return nil }
            reason = known
        }
        guard scanner.skip(",\"units\":\""), let units = scanner.number(), scanner.skip("\"}") else { return nil }
        return .credit(
            .checked(
                Checked(
                    units: Credits(units), allowed: allowed, available: Credits(available), held: Credits(held),
                    reason: reason)))
    }
}

/// Goes through canonical JSON of a known form.
private struct PayloadScanner {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func skip(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard let base = bytes.baseAddress, bytes.count - offset >= count,
            memcmp(base + offset, literal.utf8Start, count) == 0
        else { return false }
        offset += count
        return true
    }

    /// Digits without leading zeros, at most eighteen.
    mutating func number() -> Int64? {
        let start = offset
        var value: Int64 = 0
        while offset < bytes.count, offset - start < 18, (0x30...0x39).contains(bytes[offset]) {
            value = value * 10 + Int64(bytes[offset] - 0x30)
            offset += 1
        }
        return offset > start && (bytes[start] != 0x30 || offset == start + 1) ? value : nil
    }

    /// The rest of a string, its closing quotation mark included: ASCII, and nothing that is escaped.
    mutating func text() -> String? {
        guard let value = plain() else { return nil }
        return String(decoding: value, as: UTF8.self)
    }

    mutating func uuid() -> UUID? { plain().flatMap { UUID(text: $0) } }

    mutating func time() -> Int64? { plain().flatMap { RFC3339.parse(bytes: $0) } }

    mutating func value<Value: RawRepresentable>() -> Value? where Value.RawValue == String {
        text().flatMap { Value(rawValue: $0) }
    }

    private mutating func plain() -> UnsafeRawBufferPointer? {
        let start = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == 0x22 {
                defer { offset += 1 }
                return UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
            }
            guard byte >= 0x20, byte < 0x7F, byte != 0x5C else { return nil }
            offset += 1
        }
        return nil
    }
}
