import CanonicalJSON
import CreditDomain
import EventStore

extension CreditLedger {
    /// Finds the debit of a capture: the capture's stored answer tells its position, the event what it was taken from.
    func debit(ofCapture capture: String, tenant: TenantID) async throws -> (Debit, Product) {
        guard
            let outcome = try await reader.outcome(of: OutcomeKey(tenant, CommandKeys.hash(.capture, capture))),
            case .object(let answer) = try JSONParser.parse(outcome.response),
            let text = answer["positions"]?.objectValue?["debit"]?.stringValue, let position = Int64(text),
            let event = try await reader.event(at: LogPosition(position), tenant: tenant, of: .billing),
            let product = Streams.product(ofAccount: event.stream.stream),
            case .credit(let debited) = try DomainEvent(event)
        else { throw BillingError.unknownDebit }
        var debit: Debit?
        try Debit.evolve(&debit, debited)
        guard let debit else { throw BillingError.unknownDebit }
        return (debit, product)
    }
}
