import CanonicalJSON
import TortureHistory

/// Makes of an HTTP answer what the checker wants to know.
enum AnswerParser {
    /// What the service says when it can't say whether something was recorded.
    private static let notKnown = "It is not known yet"

    static func answer(status: Int, isReplay: Bool, body: [UInt8], isRead: Bool) -> Answer {
        guard case .object(let json)? = try? JSONParser.parse(body) else {
            return .unknown("status \(status) with a body that is no JSON object")
        }
        guard (200..<300).contains(status) else {
            let problem = json["type"]?.stringValue?.split(separator: "/").last.map(String.init) ?? "?"
            let detail = json["detail"]?.stringValue ?? ""
            if status == 503, detail.hasPrefix(notKnown) { return .unknown(detail) }
            return .refused(
                Answer.Refusal(status: status, problem: problem, available: number(json["available"])))
        }
        return (isRead ? balance(json) : receipt(json, isReplay, body)) ?? .unknown("an answer of an unknown form")
    }

    private static func balance(_ json: JSONObject) -> Answer? {
        guard let asOf = json["as_of"]?.stringValue.flatMap({ RFC3339.parse($0) }),
            let available = number(json["available"]), let held = number(json["held"]),
            let posted = number(json["posted"])
        else { return nil }
        return .balance(
            Answer.BalanceAnswer(
                position: number(json["position"]), asOf: asOf, available: available, held: held, posted: posted))
    }

    private static func receipt(_ json: JSONObject, _ isReplay: Bool, _ body: [UInt8]) -> Answer? {
        let positions = json["positions"]?.objectValue
        guard let position = number(json["position"]) ?? number(positions?["capture"]),
            let available = number(json["available"])
        else { return nil }
        return .accepted(
            Answer.Receipt(
                position: position, debitPosition: number(positions?["debit"]), available: available,
                held: number(json["held"]), allowed: json["allowed"]?.boolValue, hold: json["hold_id"]?.stringValue,
                isReplay: isReplay, body: body))
    }

    /// Numbers of 64 bits are strings.
    private static func number(_ value: JSONValue?) -> Int64? { value?.stringValue.flatMap { Int64($0) } }
}
