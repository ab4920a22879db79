/// A promise that was broken.
package struct Violation: Sendable, Hashable, CustomStringConvertible {
    package enum Promise: String, Sendable, CaseIterable {
        /// Acknowledged and not there, or somewhere else.
        case lost
        /// There more than once.
        case doubled
        /// Refused, and there all the same.
        case refusedButPresent = "refused but present"
        /// There, and nobody asked for it.
        case phantom
        /// Asked again at the end, and still no answer.
        case unsettled
        /// An answer that the log doesn't bear out at its position.
        case answer
        /// A refusal that nothing in the log explains.
        case refusal
        /// Two requests one after the other in time, and the other way round in the log.
        case order
        /// An event that the ones before it don't allow, such as a balance below zero.
        case history
        case checkpoint
        case tree
        case projection
        /// The service didn't come back.
        case recovery
    }

    package let promise: Promise
    package let text: String

    package init(_ promise: Promise, _ text: String) {
        self.promise = promise
        self.text = text
    }

    package var description: String { "\(promise.rawValue): \(text)" }
}
