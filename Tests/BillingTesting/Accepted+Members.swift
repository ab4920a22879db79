import CanonicalJSON
package import CreditDomain
package import EventStore

extension Accepted {
    /// A text of the answer, such as `answer["positions", "debit"]`.
    package subscript(_ path: String...) -> String? {
        var value = try? JSONParser.parse(response)
        for name in path { value = value?.objectValue?[name] }
        return value?.stringValue
    }

    package var isAllowed: Bool? {
        (try? JSONParser.parse(response))?.objectValue?["allowed"]?.boolValue
    }

    /// The hold that the answer tells of.
    package var holdID: HoldID { HoldID(self["hold_id"] ?? "") }
}
