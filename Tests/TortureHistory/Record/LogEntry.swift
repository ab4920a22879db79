package import Billing
import CreditDomain
package import EventStore
package import Foundation

/// An event of the log, as far as the checker looks at it.
package struct LogEntry: Sendable {
    package var position: Int64
    /// Microseconds since 1970.
    package var recordedAt: Int64
    package var stream: StreamKey
    package var request: UUID?
    package var event: DomainEvent

    package init(position: Int64, recordedAt: Int64, stream: StreamKey, request: UUID?, event: DomainEvent) {
        self.position = position
        self.recordedAt = recordedAt
        self.stream = stream
        self.request = request
        self.event = event
    }

    package init(_ event: RecordedEvent) throws(EventDecodingError) {
        self.init(
            position: event.position.rawValue, recordedAt: event.recordedAt.microseconds, stream: event.stream,
            request: event.request, event: try DomainEvent(event))
    }

    /// The account whose credits it moves.
    var account: Account? {
        Streams.product(ofAccount: stream.stream).map { Account(tenant: stream.tenant, product: $0) }
    }

    /// Whether it is the event that the wish was about, not one that came with it.
    func fulfils(_ wish: Wish) -> Bool {
        guard stream.tenant == wish.account.tenant else { return false }
        return switch (wish.kind, event) {
        case (.capture(let id, let hold, paid: true), .credit(.debited(let debited))):
            debited.debit.rawValue == id.lowercaseText && debited.hold?.rawValue == hold
                && debited.units.rawValue == 1
        case (.capture(let id, _, paid: false), .capture(let record)): record.id == id && record.outcome == .failure
        case (.check(let units), .credit(.checked(let checked))): checked.units.rawValue == units
        case (.hold(let units), .credit(.held(let held))): held.units.rawValue == units
        case (.voidHold(let hold), .credit(.holdVoided(let voided))): voided.rawValue == hold
        case (.grant(let units, let reference), .credit(.granted(let granted))):
            granted.units.rawValue == units && granted.reference == reference
        case (.refund(let capture), .credit(.refunded(let refunded))):
            refunded.debit.rawValue == capture.lowercaseText
        default: false
        }
    }

    /// Whether time alone, or somebody's first call, made it.
    var isUnasked: Bool {
        switch event {
        case .tenantRegistered, .subjectRegistered, .credit(.holdExpired), .credit(.grantExpired), .carried, .swept,
            .usageCounted, .witnessed:
            true
        default: false
        }
    }
}
