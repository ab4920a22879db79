import CanonicalJSON
import CreditDomain
import EventStore
import Foundation

extension CreditLedger {
    /// The stored answer to a capture, if it was the same request, whoever of the tenant it came from. Fingerprints are
    /// made with the key of the person who captured: another person's request is compared with that person's key. Nil
    /// also if that key was destroyed: then nobody can tell any more.
    func answer(toSame request: CaptureRequest) async throws -> Accepted? {
        let key = OutcomeKey(request.tenant, CommandKeys.hash(.capture, request.capture.id.lowercaseText))
        guard let outcome = try await reader.outcome(of: key),
            case .object(let answer) = try JSONParser.parse(outcome.response),
            let text = answer["positions"]?.objectValue?["capture"]?.stringValue, let position = Int64(text),
            let event = try await reader.event(at: LogPosition(position), tenant: request.tenant, of: .capture),
            let key = try await reader.key(of: event), request.fingerprint(key: key) == outcome.fingerprint
        else { return nil }
        return Accepted(position: outcome.position, response: outcome.response, isReplay: true)
    }
}
