import Billing
import CreditDomain
import EventStore
import Foundation
import TortureHistory

/// What the projections must hold of some events: a line of the statement for every movement, with the balance after it,
/// every capture, and every account's last balance.
struct ProjectedRows: Sendable {
    var statement: [Int64: Int64] = [:]
    /// The tenants of captures, by position.
    var captures: [Int64: UUID] = [:]
    /// Balance and what is held, by tenant and product.
    var balances: [String: [Int64]] = [:]

    init(_ entries: [LogEntry]) {
        var states: [StreamKey: AccountState] = [:]
        for entry in entries {
            switch entry.event {
            case .capture: captures[entry.position] = entry.stream.tenant.rawValue
            case .credit(.checked): break
            case .credit(let event):
                var state = states[entry.stream] ?? AccountState()
                // What can't be folded is another check's to tell.
                guard (try? evolve(&state, event)) != nil else { continue }
                states[entry.stream] = state
                statement[entry.position] = state.balance.rawValue
            case .tenantRegistered, .subjectRegistered, .auditRead, .privacy, .token, .carried, .sealed, .policyAdopted,
                .holdPlaced,
                .holdReleased, .swept, .usageCounted, .erasure, .padded, .restored, .staff, .keyEncryption, .witnessed:
                break
            }
        }
        for (stream, state) in states {
            guard let product = Streams.product(ofAccount: stream.stream) else { continue }
            let held = state.holds.reduce(0) { $0 + $1.units.rawValue }
            balances["\(stream.tenant.rawValue) \(product.rawValue)"] = [state.balance.rawValue, held]
        }
    }
}
