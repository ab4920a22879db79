import Billing
import CreditDomain
import EventStore

/// Where folding an account begins: with nothing at its first event, or with what was carried forward when its oldest
/// events went.
struct AccountBeginning: Sendable {
    struct Base: Sendable {
        let version: StreamVersion
        let through: LogPosition
        let state: AccountState
        /// When it was carried forward.
        let recordedAt: EventTime
        /// When the first event after it was recorded. Nil if there is none.
        let next: EventTime?
    }

    let version: StreamVersion
    let carried: Base?
}

extension LogReader {
    func beginning(of account: StreamKey) async throws -> AccountBeginning {
        let first = try await stream(account, of: .billing, limit: 1).first
        guard first?.version != StreamVersion(1), let product = Streams.product(ofAccount: account.stream) else {
            return AccountBeginning(version: StreamVersion(1), carried: nil)
        }
        let carried = try await stream(
            StreamKey(account.tenant, Streams.carry(product)), of: .billing, direction: .backward)
        for event in carried {
            guard case .carried(let balance) = try DomainEvent(event) else { continue }
            guard first == nil || balance.version.next == first?.version else { continue }
            return AccountBeginning(
                version: balance.version.next,
                carried: .init(
                    version: balance.version, through: balance.through, state: balance.state,
                    recordedAt: event.recordedAt, next: first?.recordedAt))
        }
        guard let first else { return AccountBeginning(version: StreamVersion(1), carried: nil) }
        throw LogError.corrupt(
            "what \(account.stream.name) was before its version \(first.version.rawValue) was not carried forward")
    }
}
