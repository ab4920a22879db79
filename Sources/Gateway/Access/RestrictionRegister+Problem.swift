import Billing
import CanonicalJSON
import Edge
import HTTPTypes
import Projections

extension RestrictionRegister {
    /// 403 while a person's data is only to be stored; 503 while that is not known yet.
    func requireProcessing(of subject: DataSubject) throws(ProblemDetails) {
        guard let limits = limits(of: subject) else {
            throw ProblemDetails(
                .unavailable, detail: "It is not known yet whose data may be processed.", headers: [.retryAfter: "1"])
        }
        guard limits.isEmpty else {
            throw ProblemDetails(
                .processingRestricted,
                detail: "The person has restricted the processing of their data, or objected, or is being erased.",
                extensions: ["grounds": .array(limits.names.map(JSONValue.string))])
        }
    }
}
