import Billing
import CanonicalJSON
import Edge
import HTTPTypes
import Projections

extension RestrictionRegister {
    /// 403 while a person's data is only to be stored; 503 while that is not known yet.
    func requireProcessing(of subject: DataSubject) throws(ProblemDetails) {
        let grounds = try grounds(of: subject)
        guard grounds.isEmpty else { throw ProblemDetails(restrictedBy: grounds) }
    }

    /// Why a person's data is only to be stored, by name; none if it may be processed. 503 while that is not known yet.
    func grounds(of subject: DataSubject) throws(ProblemDetails) -> [String] {
        guard let limits = limits(of: subject) else {
            throw ProblemDetails(
                .unavailable, detail: "It is not known yet whose data may be processed.", headers: [.retryAfter: "1"])
        }
        return limits.names
    }
}

extension ProblemDetails {
    init(restrictedBy grounds: [String]) {
        self.init(
            .processingRestricted,
            detail: "The person has restricted the processing of their data, or objected, or is being erased.",
            extensions: ["grounds": .array(grounds.map(JSONValue.string))])
    }
}
